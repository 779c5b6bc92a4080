import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Csr, Logger } from '@counterweight/core';

/** File: sha256 (32 bytes) of what follows; offsets (uint32, rows + 1); classes (uint16). In this machine's byte order. */
const DIGEST = 32;

/**
 * Labels from a file, or made and kept there. A file that is not whole is made again; one that cannot be written is a
 * warning: the labels are returned all the same.
 */
export async function keptLabels(file: string, rows: number, logger: Logger, make: () => Promise<Csr>): Promise<Csr> {
  const kept = await load(file, rows, logger);
  if (kept) return kept;
  const labels = await make();
  try {
    await store(file, labels);
  } catch (error) {
    logger.warn(`The labels could not be kept (${messageOf(error)}): they will be made again next time.`);
  }
  return labels;
}

async function load(file: string, rows: number, logger: Logger): Promise<Csr | undefined> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(file)); // a copy, so that views begin at a multiple of four
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      logger.warn(`Kept labels cannot be read (${messageOf(error)}): they are made again.`);
    return undefined;
  }
  const classesAt = DIGEST + 4 * (rows + 1);
  const whole =
    bytes.length >= classesAt &&
    bytes.length % 2 === 0 &&
    digest([bytes.subarray(DIGEST)]).equals(bytes.subarray(0, DIGEST));
  if (!whole) {
    logger.warn(`Kept labels are damaged (${file}): they are made again.`);
    return undefined;
  }
  return {
    offsets: new Uint32Array(bytes.buffer, DIGEST, rows + 1),
    classes: new Uint16Array(bytes.buffer, classesAt),
  };
}

/** Whole or not at all: under another name first. */
async function store(file: string, { offsets, classes }: Csr): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await writeFile(unfinished, parts());
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  function* parts(): Generator<Uint8Array> {
    yield digest([offsets, classes]);
    for (const { buffer, byteOffset, byteLength } of [offsets, classes])
      yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}

function digest(parts: readonly NodeJS.ArrayBufferView[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
