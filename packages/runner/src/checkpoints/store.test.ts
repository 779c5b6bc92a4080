import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';

import { describe, expect, onTestFinished, test } from 'vitest';

import { CheckpointStore, type Checkpoint } from './store.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-checkpoints-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function checkpoint(step: number): Checkpoint {
  const arrays = {
    'model/kernel': Float32Array.from([step, Number.NaN, -0, Infinity, 1e-45]),
    'totals/loss': Float64Array.of(step / 3),
    'optimizer/steps': Int32Array.of(step, -1),
    'callbacks/0/seen': Uint8Array.of(step % 256, 255, 0),
    'loss/empty': new Float32Array(0),
  };
  return { step, epoch: 2, batch: 7, seconds: step * 1.5, arrays, about: { events: '1234', ö: '"\n' } };
}

async function written(steps: readonly number[], keep = 3) {
  const folder = join(temporaryFolder(), 'run', 'checkpoints');
  const store = new CheckpointStore(folder, { keep });
  const files: string[] = [];
  for (const step of steps) files.push((await store.write(checkpoint(step))).file);
  return { folder, store, files };
}

const records = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();

describe('checkpoints', () => {
  test('come back bit for bit, into memory of their own', async () => {
    const { store } = await written([123]);
    const { checkpoint: found, refused } = await store.latest();
    expect(found).toEqual(checkpoint(123));
    expect(Object.is(found!.arrays['model/kernel']![2], -0)).toBe(true);
    expect(refused).toEqual([]);
  });

  test('are named by their step; so many of the newest are kept', async () => {
    const { folder, store, files } = await written([5, 10, 15, 1_000_000_000], 2);
    expect(files[0]).toBe(join(folder, 'step-000000005.safetensors'));
    expect(readdirSync(folder).sort()).toEqual([
      'step-000000015.json',
      'step-000000015.safetensors',
      'step-1000000000.json',
      'step-1000000000.safetensors',
    ]);
    expect((await store.latest()).checkpoint!.step).toBe(1_000_000_000);
  });

  test('none: in a folder that is empty or does not exist', async () => {
    const folder = temporaryFolder();
    for (const path of [folder, join(folder, 'missing')])
      expect(await new CheckpointStore(path, { keep: 1 }).latest()).toEqual({ checkpoint: undefined, refused: [] });
  });

  test('of one step can be written again and again, with one kept', async () => {
    const { folder, store } = await written([4, 4, 4], 1);
    await store.write({ ...checkpoint(4), seconds: 99 });
    expect((await store.latest()).checkpoint).toEqual({ ...checkpoint(4), seconds: 99 });
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test('of later steps go once the run has gone on from an earlier one', async () => {
    const { folder, store } = await written([10, 20, 30], 3);
    truncateSync(join(folder, 'step-000000030.safetensors'), 100);
    expect((await store.latest()).checkpoint!.step).toBe(20);
    await store.write(checkpoint(25));
    expect(records(folder)).toEqual(['step-000000010.json', 'step-000000020.json', 'step-000000025.json']);
    expect((await store.latest()).checkpoint).toEqual(checkpoint(25));
  });

  test('leave alone what is not theirs, and remove what killed writers left', async () => {
    const { folder, store } = await written([1]);
    for (const name of ['notes.txt', 'step-1.json', '.step-000000002.json.partial', 'step-000000002.safetensors'])
      writeFileSync(join(folder, name), 'x');
    await store.write(checkpoint(3));
    const names = readdirSync(folder);
    expect(names).toEqual(expect.arrayContaining(['notes.txt', 'step-1.json']));
    expect(names).toHaveLength(6);
  });
});

describe('the newest checkpoint, damaged, is refused with a reason and the one before it used:', () => {
  const values = 'step-000000020.safetensors';
  const record = 'step-000000020.json';
  const rewrite = (change: (record: Record<string, unknown>) => Record<string, unknown>) => (folder: string) => {
    const path = join(folder, record);
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));
  };
  const cases: readonly (readonly [string, (folder: string) => void, RegExp])[] = [
    [
      'truncated',
      (folder) => {
        truncateSync(join(folder, values), 40);
      },
      /has 40 of \d+ bytes/,
    ],
    [
      'empty',
      (folder) => {
        truncateSync(join(folder, values), 0);
      },
      /has 0 of \d+ bytes/,
    ],
    [
      'longer',
      (folder) => {
        truncateSync(join(folder, values), 4000);
      },
      /4000 bytes, at most \d+/,
    ],
    [
      'one bit flipped',
      (folder) => {
        const bytes = readFileSync(join(folder, values));
        bytes[bytes.length - 3]! ^= 1;
        writeFileSync(join(folder, values), bytes);
      },
      /sha256/,
    ],
    [
      'values missing',
      (folder) => {
        rmSync(join(folder, values));
      },
      /ENOENT/,
    ],
    [
      'values replaced by a link',
      (folder) => {
        renameSync(join(folder, values), join(folder, 'elsewhere'));
        symlinkSync('elsewhere', join(folder, values));
      },
      /ELOOP/,
    ],
    [
      'values replaced by a pipe',
      (folder) => {
        rmSync(join(folder, values));
        execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, values)]);
      },
      /not a file/,
    ],
    [
      'record empty',
      (folder) => {
        truncateSync(join(folder, record), 0);
      },
      /JSON/,
    ],
    [
      'record of 2 MB',
      (folder) => {
        truncateSync(join(folder, record), 2e6);
      },
      /2000000 bytes/,
    ],
    ['record of another version', rewrite((one) => ({ ...one, format: 2 })), /another version/],
    ['record without a version', rewrite(({ format: _, ...rest }) => rest), /another version/],
    [
      'record naming a file elsewhere',
      rewrite((one) => ({ ...one, file: '../../step-000000020.safetensors' })),
      /file/,
    ],
    [
      'record naming another step',
      rewrite((one) => ({ ...one, file: 'step-000000010.safetensors' })),
      /names step-000000010/,
    ],
    ['record of another step', rewrite((one) => ({ ...one, step: 21 })), /step 21/],
    ['record with an absurd size', rewrite((one) => ({ ...one, bytes: 2 ** 52 })), /has \d+ of 4503599627370496 bytes/],
  ];
  test.each(cases)('%s', async (_, damage, why) => {
    const { folder, store } = await written([10, 20]);
    damage(folder);
    const { checkpoint: found, refused } = await store.latest();
    expect(found).toEqual(checkpoint(10));
    expect(refused).toEqual([{ file: join(folder, record), why: expect.stringMatching(why) as string }]);
  });

  test('all of them: none is found, each is told', async () => {
    const { folder, store } = await written([10, 20]);
    for (const name of records(folder)) writeFileSync(join(folder, name), '[]');
    const { checkpoint: found, refused } = await store.latest();
    expect([found, refused.length]).toEqual([undefined, 2]);
  });

  test('a file where the folder should be', async () => {
    const path = join(temporaryFolder(), 'checkpoints');
    writeFileSync(path, '');
    const store = new CheckpointStore(path, { keep: 1 });
    expect((await store.latest()).refused).toMatchObject([
      { file: path, why: expect.stringContaining('ENOTDIR') as string },
    ]);
    await expect(store.write(checkpoint(1))).rejects.toMatchObject({ code: 'checkpoint-unwritable', exit: 2 });
  });
});

test.skipIf(process.getuid?.() === 0)('a folder that may not be written: an error, what was there stays', async () => {
  const { folder, store } = await written([10]);
  chmodSync(folder, 0o500);
  await expect(store.write(checkpoint(20))).rejects.toMatchObject({
    code: 'checkpoint-unwritable',
    remedy: expect.stringContaining('writable') as string,
  });
  chmodSync(folder, 0o700);
  expect((await store.latest()).checkpoint!.step).toBe(10);
});
