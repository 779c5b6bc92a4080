import { read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import { errors } from './errors.js';

/** Bytes that can be read at any place: a file, a part of one, or memory. */
export interface Region {
  readonly size: number;
  /** Fills `into` from `position` on. @throws features-file-changed */
  read(position: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** By callbacks: a batch is many small reads, and a promise of `FileHandle` for each would cost twice the time of reading. */
function readAll(fd: number, position: number, into: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (done: number): void =>
      read(fd, into, done, into.length - done, position + done, (error, count) => {
        if (error) reject(error);
        else if (done + count === into.length) resolve();
        else if (count > 0) next(done + count);
        else reject(errors['features-file-changed']({ position: position + done }));
      });
    next(0);
  });
}

/** A file from byte `start`, `size` bytes long; closing it closes the handle. */
export function fileRegion(handle: FileHandle, start: number, size: number): Region {
  return {
    size,
    read: (position, into) => readAll(handle.fd, start + position, into),
    close: () => handle.close(),
  };
}

export function memoryRegion(bytes: Uint8Array): Region {
  return {
    size: bytes.length,
    read: (position, into) => {
      into.set(bytes.subarray(position, position + into.length));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** All bytes of a region, in order; each part is fresh. */
export async function* partsOf(region: Region, partBytes = 2 ** 20): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < region.size; at += partBytes) {
    const part = new Uint8Array(Math.min(partBytes, region.size - at));
    await region.read(at, part);
    yield part;
  }
}
