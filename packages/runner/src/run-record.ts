import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { z } from '@counterweight/core';

import { errors } from './errors.js';

/**
 * A JSON file of a run's folder.
 * @param missing what to throw where there is no such file
 * @throws run-record-invalid
 */
export function readRecord<T>(
  folder: string,
  name: string,
  schema: z.ZodType<T>,
  missing?: (name: string) => Error,
): T {
  const file = join(folder, name);
  const refuse = (message: string, cause?: unknown) =>
    errors['run-record-invalid']({ message }, { place: { file }, cause });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' && missing ? missing(name) : refuse(message, error);
  }
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const { path = [], message = '' } = found.error.issues[0] ?? {};
  throw refuse(`${path.join('.')}: ${message}`, found.error);
}
