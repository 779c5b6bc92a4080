// One pinned wheel that lies here: checked, and its members unpacked.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';

import { isCounterweightError } from '@counterweight/core';

import { isDiskFailure } from './disk.js';
import { errors } from './errors.js';
import type { LockedWheel } from './lock.js';
import { reasonOf } from './network.js';
import { readZip, unpackMember } from './zip.js';

type OnBytes = (count: number) => void;

/** Whether a file is the pinned one, byte for byte. Throws `engine-wheel-missing`, `engine-wheel-damaged`. */
export async function checkWheel(file: string, wheel: LockedWheel, onBytes: OnBytes): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      onBytes(chunk.length);
    }
  } catch (error) {
    throw errors['engine-wheel-missing']({ file, reason: reasonOf(error) }, { cause: error });
  }
  const sha256 = hash.digest('hex');
  if (size !== wheel.size || sha256 !== wheel.sha256)
    throw errors['engine-wheel-damaged']({
      name: wheel.file,
      found: `${size} bytes, sha256 ${sha256}`,
      expected: `${wheel.size} bytes, sha256 ${wheel.sha256}`,
    });
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
        if (next.executable === true) await chmod(join(folder, next.to), 0o755);
      }
    };
    // Both have ended before anybody removes what they write.
    const ends = await Promise.allSettled([worker(), worker()].map((end) => end.finally(() => (queue.length = 0))));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } catch (error) {
    if (isCounterweightError(error) || isDiskFailure(error)) throw error;
    throw errors['engine-wheel-damaged']({
      name: wheel.file,
      found: reasonOf(error),
      expected: 'a wheel (a zip file)',
    });
  }
}
