import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where decoded images lie: the option `cache`, relative to the manifest; else `images` in `COUNTERWEIGHT_CACHE`,
 * `$XDG_CACHE_HOME/counterweight` or `~/.cache/counterweight`. Null: nowhere.
 */
export function cacheFolder(
  option: string | null | undefined,
  base: string,
  environment: Environment = process.env,
): string | null {
  if (option === null) return null;
  if (option !== undefined) return resolve(base, option);
  const own = environment['COUNTERWEIGHT_CACHE'];
  return join(own ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'counterweight'), 'images');
}
