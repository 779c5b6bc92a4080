import { createWriteStream, statSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';

import { isCounterweightError } from '@counterweight/core';

import { isDiskFailure } from './disk.js';
import { errors } from './errors.js';
import type { LockedWheel } from './lock.js';
import { HttpStatus, type Network, reasonOf, withoutCredentials } from './network.js';

const RETRY_AFTER = [1, 2, 4, 8];

interface DownloadOptions {
  /** Seconds before each further try, begun anew whenever a try brought more than all before it. */
  readonly retryAfter?: readonly number[];
  /** Called at the start of each try. */
  readonly progress: () => (count: number) => void;
}

/**
 * Downloads to a file of which a part may lie there already: goes on behind it where the server can (HTTP ranges). Whether the bytes are
 * the right ones is for the caller to check. Returns whether they come from one answer; pieces may be of files that differ.
 * Throws `engine-download-failed`, `engine-wheel-damaged`.
 */
export async function downloadWheel(
  network: Network,
  url: string,
  wheel: LockedWheel,
  to: string,
  { retryAfter = RETRY_AFTER, progress }: DownloadOptions,
): Promise<'whole' | 'pieced'> {
  let most = sizeOf(to);
  for (let failures = 0; ; failures++) {
    try {
      if (sizeOf(to) >= wheel.size) return 'pieced';
      return (await goOn(network, url, wheel, to, progress())) ? 'pieced' : 'whole';
    } catch (error) {
      if (sizeOf(to) > most) [most, failures] = [sizeOf(to), 0];
      const wait = retryAfter[failures];
      if (wait === undefined || !mayPass(error)) throw error;
      await setTimeout(wait * 1000);
    }
  }
}

/** Returns whether it went on behind what lay there. */
async function goOn(
  network: Network,
  url: string,
  wheel: LockedWheel,
  to: string,
  onBytes: (count: number) => void,
): Promise<boolean> {
  const fail = (reason: string, cause?: unknown) =>
    errors['engine-download-failed']({ url: withoutCredentials(url), reason }, { cause });
  const response = await network.get(url, '*/*', sizeOf(to));
  if (response?.body == null) throw fail('HTTP status 404', new HttpStatus(404));
  const continues = response.status === 206 && sizeOf(to) > 0;
  let size = continues ? sizeOf(to) : 0;
  onBytes(size);
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      onBytes(chunk.length);
      if (size <= wheel.size) done(null, chunk);
      else
        done(
          errors['engine-wheel-damaged']({
            name: wheel.file,
            found: `more than ${wheel.size} bytes`,
            expected: `${wheel.size} bytes, sha256 ${wheel.sha256}`,
          }),
        );
    },
  });
  await pipeline(
    Readable.fromWeb(response.body),
    counted,
    createWriteStream(to, { flags: continues ? 'a' : 'w' }),
  ).catch((error: unknown) => {
    throw isCounterweightError(error) || isDiskFailure(error) ? error : fail(reasonOf(error), error);
  });
  if (size < wheel.size) throw fail(`the connection ended after ${size} of ${wheel.size} bytes`);
  return continues;
}

const PASSING = [408, 425, 429];

/** Connections may break, and servers be busy, for a while; that a file is not there, or not for us, stays so. */
function mayPass(error: unknown): boolean {
  if (!isCounterweightError(error) || error.code !== 'engine-download-failed') return false;
  const { cause } = error;
  return !(cause instanceof HttpStatus) || cause.status >= 500 || PASSING.includes(cause.status);
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
