import { html, type Html, type Part } from './html.js';
import { STYLE } from './style.js';

/** A whole page that asks for nothing from anywhere: no script, no font, no address; a policy says so to the browser too. */
export function page({ title, body }: { readonly title: string; readonly body: Part }): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.markup;
}

/** A part of the page with its heading; nothing when there is nothing in it. */
export function section(heading: string, ...parts: readonly Part[]): Html | null {
  const full = parts.filter((part) => part !== null && part !== undefined && part !== false);
  return full.length === 0
    ? null
    : html`<section>
        <h2>${heading}</h2>
        ${full}
      </section>`;
}
