// HTTP as the user's machine does it: proxies from the environment (which Node's own fetch ignores) and additional authorities.
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

import { EnvHttpProxyAgent, fetch, type Response } from 'undici';

import { errors } from './errors.js';
import { type PipSettings, pipSettings } from './pip-settings.js';

export interface Network extends AsyncDisposable {
  /**
   * A response with status 200, or undefined for 404. With `from`, the bytes from there on, as they lie there, with status 206; a server
   * that knows no ranges answers 200 with all. Throws `engine-download-failed`, whose cause is fetch's error or an `HttpStatus`.
   */
  get(url: string, accept: string, from?: number): Promise<Response | undefined>;
}

/** An answer that is a refusal. */
export class HttpStatus extends Error {
  constructor(readonly status: number) {
    super(`HTTP status ${status}`);
  }
}

/** Milliseconds without a byte after which a connection counts as broken. */
const SILENCE = 60_000;

/** Throws `engine-address-invalid` where a proxy has none. */
export function openNetwork(settings: PipSettings = pipSettings()): Network {
  const ca = authorities(settings);
  const tls = { timeout: 30_000, ...(ca !== undefined && { ca }) };
  const dispatcher = new EnvHttpProxyAgent({
    bodyTimeout: SILENCE,
    headersTimeout: SILENCE,
    connect: tls,
    requestTls: tls,
    proxyTls: tls,
    ...proxies(settings),
  });
  const get: Network['get'] = async (url, accept, from) => {
    const shown = withoutCredentials(url);
    const fail = (cause: unknown) =>
      errors['engine-download-failed']({ url: shown, reason: reasonOf(cause) }, { cause });
    const headers = { accept, ...authorization(url), ...(from !== undefined && bytesFrom(from)) };
    const response = await fetch(shown, { dispatcher, headers }).catch((error: unknown) => {
      throw fail(error);
    });
    if (response.status === 200 || (response.status === 206 && startOf(response) === from)) return response;
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    // Nothing lies behind `from`, or something else than was asked for came: all of it, then.
    if ((response.status === 416 || response.status === 206) && from !== undefined && from > 0)
      return get(url, accept, 0);
    throw fail(new HttpStatus(response.status));
  };
  return {
    get,
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

const bytesFrom = (from: number): Record<string, string> => ({
  'accept-encoding': 'identity',
  ...(from > 0 && { range: `bytes=${from}-` }),
});

const startOf = (response: Response): number =>
  Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN);

/** pip's proxy, else the environment's, of which the names in small letters win; as for curl and pip, HOST:PORT will do. */
function proxies({ proxy }: PipSettings) {
  const of = (name: string): string => proxy ?? process.env[name] ?? process.env[name.toUpperCase()] ?? '';
  const address = (text: string): string => {
    if (text.trim() === '') return '';
    return addressOf('proxy', text.includes('://') ? text : `http://${text}`, PROXIES);
  };
  return { httpProxy: address(of('http_proxy')), httpsProxy: address(of('https_proxy')) };
}

const PROXIES = /^(https?|socks5h?):$/;

/** A URL as it was given, if it is one that can be asked. Throws `engine-address-invalid`. */
export function addressOf(what: 'index' | 'proxy', text: string, protocols = /^https?:$/): string {
  if (URL.canParse(text) && protocols.test(new URL(text).protocol)) return text;
  throw errors['engine-address-invalid']({ what, value: text.replace(/[^/]*@/, '') });
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
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Without its percent signs; a text that has them for something else as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
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
