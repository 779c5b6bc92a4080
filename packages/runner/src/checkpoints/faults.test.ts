import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { randomStream } from '@counterweight/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { faultyFiles, type Fault } from '../fixtures/faulty-files.js';
import { CheckpointStore, type Checkpoint } from './store.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'counterweight-faults-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const checkpoint = (step: number): Checkpoint => ({
  step,
  epoch: 1,
  batch: step,
  seconds: step,
  arrays: { a: new Float32Array(300).fill(step), b: Int32Array.of(step) },
  about: { events: String(step) },
});

const MOST_CALLS = 200;

/** `next` is the step that the faulty write is of: a new one, or again that of the newest. */
const situations = [
  { what: 'the first checkpoint', before: [], next: 20, keep: 1 },
  { what: 'a second, one kept', before: [10], next: 20, keep: 1 },
  { what: 'a third, two kept', before: [5, 10], next: 20, keep: 2 },
  { what: 'the newest step again, one kept', before: [10], next: 10, keep: 1 },
  { what: 'an earlier step than the newest', before: [10, 30], next: 20, keep: 2 },
] as const;

describe.each(situations)('in the write of $what', { timeout: 60_000 }, ({ before, next, keep }) => {
  /** Writes with a fault, and says whether it came that far and whether the write was acknowledged. */
  async function faulty(fault: Fault, happens: boolean) {
    const own = new CheckpointStore(folder, { keep });
    for (const step of before) await own.write(checkpoint(step));
    const { files, calls } = faultyFiles(fault, happens);
    const error: unknown = await new CheckpointStore(folder, { keep, files })
      .write({ ...checkpoint(next), seconds: 999 })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    return { error, reached: calls() >= fault.call };
  }

  async function checkSurvival(acknowledged: boolean) {
    const store = new CheckpointStore(folder, { keep });
    const { checkpoint: found, refused } = await store.latest();
    const previous = before.at(-1);
    const whole = [{ ...checkpoint(next), seconds: 999 }, previous === undefined ? undefined : checkpoint(previous)];
    if (acknowledged) expect([next, previous]).toContain(found?.step);
    expect(whole).toContainEqual(found);
    expect(refused).toEqual([]);
    // The run goes on, writes as before, and leaves nothing but what it keeps.
    await store.write(checkpoint(100));
    expect((await store.latest()).checkpoint).toEqual(checkpoint(100));
    expect(readdirSync(folder).length).toBeLessThanOrEqual(2 * keep);
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  }

  test('the n-th call fails, for every n: the one before or the new one', async () => {
    for (let call = 1; call <= MOST_CALLS; call++) {
      rmSync(folder, { recursive: true });
      const { error, reached } = await faulty({ kind: 'fails', code: 'ENOSPC', call }, false);
      if (error !== undefined) expect(error).toMatchObject({ code: 'checkpoint-unwritable', exit: 2 });
      const names = existsSync(folder) ? readdirSync(folder) : [];
      expect(names.filter((name) => name.endsWith('.partial'))).toEqual([]);
      await checkSurvival(error === undefined);
      if (!reached) return;
    }
    throw new Error('the write never came to its end');
  });

  test.each([true, false])('killed at the n-th call, for every n (the call itself happens: %s)', async (happens) => {
    for (let call = 1; call <= MOST_CALLS; call++) {
      rmSync(folder, { recursive: true });
      const { error, reached } = await faulty({ kind: 'killed', call }, happens);
      await checkSurvival(error === undefined);
      if (!reached) return;
    }
    throw new Error('the write never came to its end');
  });
});

test.each([
  ['ENOSPC', /ENOSPC: injected; \d+\.\d MB are free/, /^free space/],
  ['EROFS', /EROFS: injected/, /writable/],
] as const)('an error with %s says what to do', async (code, found, remedy) => {
  const { files } = faultyFiles({ kind: 'fails', code, call: 4 }, false);
  await expect(new CheckpointStore(folder, { keep: 1, files }).write(checkpoint(1))).rejects.toMatchObject({
    found: expect.stringMatching(found) as string,
    remedy: expect.stringMatching(remedy) as string,
  });
});

const FIXTURE = fileURLToPath(new URL('../fixtures/write-checkpoints.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/checkpoints/store.js', import.meta.url));
const KILLS = 20;

test.skipIf(!existsSync(BUILT))(
  `SIGKILL at ${KILLS} random moments of a process that writes without pause (needs the build)`,
  { timeout: 120_000 },
  async () => {
    const random = randomStream(20);
    const store = new CheckpointStore(folder, { keep: 2 });
    let next = 1;
    for (let kill = 0; kill < KILLS; kill++) {
      const acknowledged = await killedWriter(next, kill % 3, random.integer(30));
      const { checkpoint: found, refused } = await store.latest();
      expect(refused).toEqual([]);
      expect(found?.step ?? 0).toBeGreaterThanOrEqual(acknowledged);
      if (!found) continue;
      expect(found.arrays['position']).toEqual(Int32Array.of(found.step));
      expect(new Set(found.arrays['weights'])).toEqual(new Set([found.step]));
      next = found.step + 1;
    }
    expect(next).toBeGreaterThan(KILLS / 2);
  },
);

/**
 * Killed so many milliseconds after it has said of so many checkpoints that they are complete.
 * @returns the last step that it said so of
 */
function killedWriter(first: number, complete: number, milliseconds: number): Promise<number> {
  const child = spawn(process.execPath, [FIXTURE, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const before = lines(out);
    out += text;
    if (before <= complete && lines(out) > complete) setTimeout(() => child.kill('SIGKILL'), milliseconds);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(Number(out.split('\n').slice(0, -1).at(-1)) || 0);
      else reject(new Error(`the writer ended by itself: ${out}`));
    });
  });
}

const lines = (text: string): number => text.split('\n').length - 1;
