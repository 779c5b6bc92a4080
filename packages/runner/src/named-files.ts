import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import type { CounterweightError } from '@counterweight/core';

import { errors } from './errors.js';
import type { JsonSchema } from './json-schema.js';
import { nearestFile } from './nearest.js';
import { pathOptions, type Locate } from './schema-problems.js';
import type { Path } from './yaml-source.js';

/** A problem for every option that names a file or folder that is not there. `folder`: where relative paths start. */
export function missingFiles(
  schema: JsonSchema,
  value: unknown,
  at: Path,
  folder: string,
  locate: Locate,
): readonly CounterweightError[] {
  return pathOptions(schema, value).flatMap(({ path, kind, value: named }) => {
    const whole = resolve(folder, named);
    const found = kindOf(whole);
    if (found === kind) return [];
    const near = nearestFile(basename(whole), namesIn(dirname(whole), kind));
    const particulars = {
      path: named,
      kind,
      found: found === undefined ? ` at ${whole}` : `; ${whole} is a ${found}`,
      nearest: near === undefined ? undefined : join(dirname(named), near),
    };
    return [errors['missing-file'](particulars, { place: locate([...at, ...path]) })];
  });
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  return stats.isDirectory() ? 'folder' : 'file';
}

const namesIn = (folder: string, kind: 'file' | 'folder'): readonly string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() === (kind === 'folder'))
      .map(({ name }) => name);
  } catch {
    return [];
  }
};
