// HTTP as the user's machine does it: proxies from the environment (which Node's own fetch ignores) and additional authorities.
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

import { EnvHttpProxyAgent, fetch, type Response } from 'undici';

import { errors } from './errors.js';
import { type PipSettings, pipSettings } from './pip-settings.js';

export interface Network extends AsyncDisposable {
  /** A response with status 200, or undefined for 404. Throws `engine-download-failed`. */
  get(url: string, accept: string): Promise<Response | undefined>;
}

export function openNetwork(settings: PipSettings = pipSettings()): Network {
  const { proxy } = settings;
  const ca = authorities(settings);
  const tls = { timeout: 30_000, ...(ca !== undefined && { ca }) };
  const dispatcher = new EnvHttpProxyAgent({
    connect: tls,
    requestTls: tls,
    proxyTls: tls,
    ...(proxy !== undefined && { httpProxy: proxy, httpsProxy: proxy }),
  });
  return {
    async get(url, accept) {
      const response = await fetch(withoutCredentials(url), {
        dispatcher,
        headers: { accept, ...authorization(url) },
      }).catch((error: unknown) => {
        throw errors['engine-download-failed'](
          { url: withoutCredentials(url), reason: reasonOf(error) },
          { cause: error },
        );
      });
      if (response.ok) return response;
      await response.body?.cancel();
      if (response.status === 404) return undefined;
      throw errors['engine-download-failed']({
        url: withoutCredentials(url),
        reason: `HTTP status ${response.status}`,
      });
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** A URL as it may be shown: user name and password taken out. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = parsed.password = '';
  return parsed.href;
}

/** The innermost cause in words: fetch itself says no more than "fetch failed". */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error.message;
}

function authorization(url: string): Record<string, string> {
  const { username, password } = new URL(url);
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Node's authorities and the user's; undefined leaves Node's defaults, which know NODE_EXTRA_CA_CERTS already. */
function authorities({ certificates }: PipSettings): string[] | undefined {
  if (certificates === undefined) return undefined;
  const files = [certificates, process.env['NODE_EXTRA_CA_CERTS'] ?? ''].filter((file) => file !== '');
  return [
    ...rootCertificates,
    ...files.flatMap((file) => {
      try {
        return [readFileSync(file, 'utf8')];
      } catch {
        return [];
      }
    }),
  ];
}
