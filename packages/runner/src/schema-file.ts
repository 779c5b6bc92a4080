import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { errors } from './errors.js';
import { MADE_BY } from './manifest-json-schema.js';

/**
 * Writes a schema of manifests, in place of an earlier one. The file appears whole or not at all.
 * @throws out-unwritable: also where another file stands
 */
export function writeSchemaFile(path: string, schema: Readonly<Record<string, unknown>>): void {
  const refuse = (message: string, cause?: unknown) => errors['out-unwritable']({ path, message }, { cause });
  if (!mayWrite(path)) throw refuse('another file stands there, and is not overwritten');
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    writeFileSync(temporary, `${JSON.stringify(schema, null, 2)}\n`, { flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw refuse((error as Error).message, error);
  }
}

function mayWrite(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(JSON.stringify(MADE_BY));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
