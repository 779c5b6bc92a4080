// What file systems refuse, told in words that name the remedy.
import { dirname } from 'node:path';

import { errors } from './errors.js';
import { reasonOf } from './network.js';

const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const FORBIDDEN = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ENOENT',
  'ELOOP',
  'ENAMETOOLONG',
  'EIO',
  'ESTALE',
];

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && 'syscall' in error ? String(error.code) : '';

export const isDiskFull = (error: unknown): boolean => FULL.includes(codeOf(error));
export const isDiskFailure = (error: unknown): boolean => isDiskFull(error) || FORBIDDEN.includes(codeOf(error));

/** The error to throw for a disk's failure while installing to `folder`; another error as it is. */
export function explainDisk(error: unknown, folder: string, { free, needed }: { free: number; needed: number }) {
  if (isDiskFull(error)) return errors['engine-disk-full']({ free, needed, folder: dirname(folder) }, { cause: error });
  if (isDiskFailure(error))
    return errors['engine-cache-unwritable']({ folder: dirname(folder), reason: reasonOf(error) }, { cause: error });
  return error;
}
