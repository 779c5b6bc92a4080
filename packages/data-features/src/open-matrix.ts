import { open, stat, type FileHandle } from 'node:fs/promises';

import { isCounterweightError } from '@counterweight/core';

import { IN_MEMORY } from './collect.js';
import { readCsv } from './csv.js';
import { errors } from './errors.js';
import type { Matrix } from './matrix.js';
import { readNpy } from './npy.js';
import { readNpz } from './npz.js';
import { readParquet } from './parquet.js';
import { fileRegion } from './region.js';

/**
 * The matrix of a file of features. npy, npz and Parquet are told by their first bytes, CSV by its name.
 * @param array which array of an npz file
 * @param inMemory up to how many bytes of float32 are held in memory; more lie on disk
 * @throws features-unreadable, features-format-unknown, and what the readers of the formats throw, with the file as its place
 */
export async function openMatrix(path: string, array?: string, inMemory = IN_MEMORY): Promise<Matrix> {
  const { handle, size } = await openFile(path);
  const region = fileRegion(handle, 0, size);
  const first = Buffer.alloc(Math.min(8, size));
  await region.read(0, first);
  const begins = (magic: string): boolean => first.toString('latin1').startsWith(magic);
  try {
    if (begins('\x93NUMPY')) return await readNpy(region, inMemory);
    if (begins('PK')) return await readNpz(region, array, inMemory);
    await region.close();
    if (begins('PAR1')) return await readParquet(path, size, inMemory);
    if (/\.csv$/i.test(path)) return await readCsv(path, inMemory);
    throw errors['features-format-unknown']({ found: `first bytes ${first.toString('hex') || 'none: an empty file'}` });
  } catch (error) {
    throw isCounterweightError(error) ? error.at({ file: path }) : error;
  }
}

async function openFile(path: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  try {
    // Before it is opened: a pipe without a writer would never open.
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'a folder' : 'not a file');
    return { handle: await open(path, 'r'), size: stats.size };
  } catch (cause) {
    throw errors['features-unreadable']({ found: (cause as Error).message }, { place: { file: path }, cause });
  }
}
