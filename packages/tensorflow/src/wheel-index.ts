// Python's simple repository interface: PEP 691 (JSON), PEP 503 (HTML).
import { isCounterweightError, z } from '@counterweight/core';

import { errors } from './errors.js';
import { decoded, type Network, reasonOf, withoutCredentials } from './network.js';

const ACCEPT = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';
const page = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

/** The wheel's address on the first index that offers it. Throws `engine-wheel-not-offered`, `engine-download-failed`. */
export async function locateWheel(
  network: Network,
  indexes: readonly string[],
  { project, file }: { readonly project: string; readonly file: string },
): Promise<string> {
  const failures: unknown[] = [];
  for (const index of indexes) {
    const url = `${index.replace(/\/+$/, '')}/${project}/`;
    try {
      const response = await network.get(url, ACCEPT);
      if (response === undefined) continue;
      const text = await response.text();
      const json = response.headers.get('content-type')?.includes('json') === true;
      const found = (json ? linksOfJson(text) : linksOfHtml(text)).find((link) => fileOf(link) === file);
      if (found !== undefined) return resolveLink(found, response.url, url);
    } catch (error) {
      if (isCounterweightError(error)) failures.push(error);
      else
        failures.push(
          errors['engine-download-failed'](
            { url: withoutCredentials(url), reason: `no list of files (${reasonOf(error)})` },
            { cause: error },
          ),
        );
    }
  }
  if (failures.length > 0) throw failures[0];
  throw errors['engine-wheel-not-offered']({ file, indexes: indexes.map(withoutCredentials) });
}

function linksOfJson(text: string): string[] {
  const { data } = page.safeParse(JSON.parse(text));
  if (data === undefined) throw new Error('JSON without files');
  return data.files.map(({ url }) => url);
}

const linksOfHtml = (text: string): string[] =>
  [...text.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["']/gi)].map(([, link]) =>
    (link ?? '').replaceAll('&amp;', '&'),
  );

const fileOf = (link: string): string => decoded(/([^/]*)$/.exec(link.replace(/[?#].*$/, ''))?.[1] ?? '');

/** Relative links count from where the page was found; the index's credentials go along to its own origin only. */
function resolveLink(link: string, base: string, index: string): string {
  const url = new URL(link, base);
  url.hash = '';
  const { origin, username, password } = new URL(index);
  if (url.origin === origin && url.username === '') Object.assign(url, { username, password });
  return url.href;
}
