// One pinned wheel: fetched or found, checked, and its members unpacked.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { isCounterweightError } from '@counterweight/core';

import { errors } from './errors.js';
import type { LockedWheel } from './lock.js';
import { type Network, reasonOf, withoutCredentials } from './network.js';
import { readZip, unpackMember } from './zip.js';

type OnBytes = (count: number) => void;

/** Downloads to a file, hashing on the way. Throws `engine-download-failed`, `engine-wheel-damaged`. */
export async function downloadWheel(
  network: Network,
  url: string,
  wheel: LockedWheel,
  to: string,
  onBytes: OnBytes,
): Promise<void> {
  const response = await network.get(url, '*/*');
  if (response?.body == null)
    throw errors['engine-download-failed']({ url: withoutCredentials(url), reason: 'HTTP status 404' });
  const counted = hashing(onBytes);
  await pipeline(Readable.fromWeb(response.body), counted.stream, createWriteStream(to)).catch((error: unknown) => {
    throw errors['engine-download-failed']({ url: withoutCredentials(url), reason: reasonOf(error) }, { cause: error });
  });
  counted.expect(wheel);
}

/** Checks a wheel that lies here already. Throws `engine-wheel-missing`, `engine-wheel-damaged`. */
export async function checkWheel(file: string, wheel: LockedWheel, onBytes: OnBytes): Promise<void> {
  const counted = hashing(onBytes);
  counted.stream.resume();
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), counted.stream).catch((error: unknown) => {
    throw errors['engine-wheel-missing']({ file, reason: reasonOf(error) }, { cause: error });
  });
  counted.expect(wheel);
}

/** Unpacks the pinned members, largest first and two at a time. Throws `engine-wheel-damaged`. */
export async function unpackWheel(file: string, wheel: LockedWheel, folder: string, onBytes: OnBytes): Promise<void> {
  const damaged = (name: string, found: string, expected: string) =>
    errors['engine-wheel-damaged']({ name, found, expected });
  try {
    const members = await readZip(file);
    const queue = [...wheel.members].sort((a, b) => b.size - a.size);
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const member = members.get(next.path);
        if (member === undefined) throw damaged(next.path, 'not in the wheel', `${next.size} bytes`);
        const sha256 = await unpackMember(file, member, join(folder, next.to), onBytes);
        if (sha256 !== next.sha256) throw damaged(next.path, `sha256 ${sha256}`, `sha256 ${next.sha256}`);
      }
    };
    // Both have ended before anybody removes what they write.
    const ends = await Promise.allSettled([worker(), worker()].map((end) => end.finally(() => (queue.length = 0))));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } catch (error) {
    if (isCounterweightError(error) || (error instanceof Error && 'code' in error && error.code === 'ENOSPC'))
      throw error;
    throw errors['engine-wheel-damaged']({
      name: wheel.file,
      found: reasonOf(error),
      expected: 'a wheel (a zip file)',
    });
  }
}

function hashing(onBytes: OnBytes): { readonly stream: Transform; expect(wheel: LockedWheel): void } {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      size += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  return {
    stream,
    expect({ file, size: wanted, sha256 }) {
      const found = hash.digest('hex');
      if (size !== wanted || found !== sha256)
        throw errors['engine-wheel-damaged']({
          name: file,
          found: `${size} bytes, sha256 ${found}`,
          expected: `${wanted} bytes, sha256 ${sha256}`,
        });
    },
  };
}
