import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `COUNTERWEIGHT_CACHE`, else `$XDG_CACHE_HOME/counterweight`, else `~/.cache/counterweight`: where the engine lies too. */
export const cacheFolder = (environment: Environment = process.env): string =>
  environment['COUNTERWEIGHT_CACHE'] ??
  join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'counterweight');
