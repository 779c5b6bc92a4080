// Where wheels come from on this machine: whatever the user's own Python client would use. No index is named here.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { errors } from './errors.js';
import { addressOf } from './network.js';
import { type PipSettings, pipSettings } from './pip-settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

const run = promisify(execFile);

/** A wheel that lies in one of the folders that pip searches, or undefined. */
export function wheelAtHand(file: string, { findLinks }: PipSettings = pipSettings()): string | undefined {
  return findLinks
    .filter((link) => !/^https?:/.test(link))
    .map((link) => join(link.startsWith('file:') ? fileURLToPath(link) : link, file))
    .find((path) => existsSync(path));
}

/**
 * Indexes to search, in order: `given` alone; else the main one (PIP_INDEX_URL, UV_DEFAULT_INDEX, pip's configuration files, what pip answers)
 * and pip's additional ones. Throws `engine-index-unknown`, `engine-address-invalid`.
 */
export async function wheelIndexes(given?: string, environment: Environment = process.env): Promise<string[]> {
  if (given !== undefined) return [addressOf('index', given)];
  const { index, extraIndexes, noIndex } = pipSettings(environment);
  if (noIndex) throw errors['engine-index-unknown']({ forbidden: true });
  const chosen = [
    environment['PIP_INDEX_URL'],
    // uv may give an index a name: NAME=URL.
    environment['UV_DEFAULT_INDEX']?.replace(/^[\w.-]+=/, ''),
    environment['UV_INDEX_URL'],
    index,
  ];
  const main = chosen.find((url) => url !== undefined && url !== '') ?? (await askPip(environment));
  const indexes = [...(main === undefined ? [] : [main]), ...extraIndexes];
  if (indexes.length === 0) throw errors['engine-index-unknown']({ forbidden: false });
  return indexes.map((url) => addressOf('index', url));
}

/** The index that an installed pip is configured for, or its built-in one. */
async function askPip(environment: Environment): Promise<string | undefined> {
  const questions = [
    { question: ['config', 'get', 'global.index-url'], answer: /^(https?:\S+)/ },
    { question: ['download', '--help'], answer: /--index-url.*?\(\s*default\s+(https?:[^\s)]+)/ },
  ];
  for (const [command = '', ...first] of [['pip'], ['pip3'], ['python3', '-m', 'pip'], ['python', '-m', 'pip']])
    for (const { question, answer } of questions) {
      const env = { ...environment, COLUMNS: '400', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
      const output = await run(command, [...first, ...question], { env, timeout: 30_000 }).catch(() => undefined);
      const found = answer.exec(output?.stdout.replaceAll(/\s+/g, ' ') ?? '')?.[1];
      if (found !== undefined) return found;
    }
  return undefined;
}
