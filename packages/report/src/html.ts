/** Markup that is safe to stand in a page. Only `html`, which escapes, and `trusted` make it. */
export class Html {
  constructor(readonly markup: string) {}
}

export type Part = Html | string | number | null | undefined | false | readonly Part[];

/**
 * A template whose values are escaped, also inside quoted attributes: labels and names are a user's data.
 * Markup passes, lists are joined, `null`, `undefined` and `false` leave nothing.
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((markup, string, i) => `${markup}${render(parts[i - 1])}${string}`));

/** Declares markup as safe: our own style sheet, and what Vega drew (it escapes its texts). */
export const trusted = (markup: string): Html => new Html(markup);

export const escape = (text: string): string =>
  text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'object') return part.map(render).join('');
  return escape(String(part));
}
