import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type FakeProgram, fakeNvidiaSmi, print, row } from './fixtures/nvidia-smi.js';
import { findGpus, type GpuCard } from './gpu.js';
import { fittingCard, gpuFindings, lacking } from './gpu-needs.js';
import { visibleOf } from './gpu-visible.js';

const NOWHERE = '/nowhere/driver';

/** What is found where this program is the only sign of a card. */
async function found(program: FakeProgram, environment: Record<string, string> = {}, timeout = 30_000) {
  using _ = program;
  return await findGpus({ environment: { ...program.environment, ...environment }, timeout, driverFolder: NOWHERE });
}

describe('nvidia-smi answers', () => {
  test('one card, with all that it tells', async () => {
    const { cards, hidden, problem } = await found(fakeNvidiaSmi(print(row())));
    const memory = { total: 81559 * 2 ** 20, free: 80000 * 2 ** 20 };
    const uuid = 'GPU-00000000-0000-0000-0000-000000000000';
    const card = { uuid, index: 0, name: 'NVIDIA H100 80GB HBM3', driver: '550.54.15', capability: '9.0', memory };
    expect([cards, hidden, problem]).toEqual([[card], 0, undefined]);
  });

  test('several cards, of which those that may be seen count, in the order of CUDA_VISIBLE_DEVICES', async () => {
    const rows = [0, 1, 2, 3].map((index) => row({ index, name: `card ${index}` }));
    const names = async (value: string) => {
      const { cards, hidden } = await found(fakeNvidiaSmi(print(...rows)), { CUDA_VISIBLE_DEVICES: value });
      expect(hidden).toBe(4 - cards.length);
      return cards.map(({ name }) => name);
    };
    expect(await names('2,0')).toEqual(['card 2', 'card 0']);
    expect(await names('GPU-33333333')).toEqual(['card 3']);
    expect(await names('-1')).toEqual([]);
  });

  test('a name with a comma, and what is not told', async () => {
    const table = row({ name: 'Card, the other', total: '[N/A]', free: '[N/A]', capability: '[Not Supported]' });
    const { cards } = await found(fakeNvidiaSmi(print(table)));
    expect(cards).toEqual([
      { uuid: expect.any(String) as string, index: 0, name: 'Card, the other', driver: '550.54.15' },
    ]);
  });

  test.each(['exit 14', 'true'])('a card whose infoROM is worn: a warning among the lines, and %s', async (end) => {
    const table = print(row(), 'WARNING: infoROM is corrupted at gpu 0000:3B:00.0');
    const { cards, problem } = await found(fakeNvidiaSmi(`${table}\n${end}`));
    expect([cards.length, problem]).toEqual([1, undefined]);
  });

  test.each(['exit 6', 'true'])('that there is none, and %s', async (end) => {
    const search = await found(fakeNvidiaSmi(`${print('No devices were found')}\n${end}`));
    expect(search).toEqual({ cards: [], hidden: 0 });
  });

  test('an old driver, which knows fewer fields', async () => {
    const old = '0, GPU-1, 470.82.01, 11441, 11000, Tesla K80';
    const table = `case "$1" in *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;; esac\n${print(old)}`;
    const { cards } = await found(fakeNvidiaSmi(table));
    expect(cards).toHaveLength(1);
    expect(lacking(cards[0]!)).toEqual([
      { name: 'driver', found: '470.82.01', needed: '525.60.13 or newer', good: false },
    ]);
  });

  test('a divided card: its instances are the cards', async () => {
    const table = print(row({ mig: 'Enabled', free: '[Insufficient Permissions]' }), row({ index: 1 }));
    const list = print(
      'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-00000000-0000-0000-0000-000000000000)',
      '  MIG 1g.10gb     Device  0: (UUID: MIG-aaaa)',
      '  MIG 3g.40gb     Device  1: (UUID: MIG-bbbb)',
      'GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-0000-0000-0000-000000000000)',
    );
    const { cards } = await found(fakeNvidiaSmi(table, list));
    expect(cards.map(({ uuid, name, memory }) => [uuid, name, memory?.total])).toEqual([
      ['MIG-aaaa', 'NVIDIA H100 80GB HBM3 MIG 1g.10gb', 10e9],
      ['MIG-bbbb', 'NVIDIA H100 80GB HBM3 MIG 3g.40gb', 40e9],
      [expect.stringMatching('^GPU-1'), 'NVIDIA H100 80GB HBM3', 81559 * 2 ** 20],
    ]);
    const one = await found(fakeNvidiaSmi(table, list), { CUDA_VISIBLE_DEVICES: 'MIG-bb' });
    expect(one.cards.map(({ uuid }) => uuid)).toEqual(['MIG-bbbb']);
  });

  test('a divided card without instances is no card, and is told', async () => {
    const { cards, problem } = await found(fakeNvidiaSmi(print(row({ mig: 'Enabled' }))));
    expect([cards, problem]).toEqual([[], expect.stringContaining('MIG is on')]);
  });
});

describe('nvidia-smi does not answer', () => {
  test('it is not there: no card, and nothing to tell', async () => {
    const environment = { PATH: NOWHERE };
    expect(await findGpus({ environment, driverFolder: NOWHERE })).toEqual({ cards: [], hidden: 0 });
  });

  test.each([
    [
      'another exit status, its words on standard output',
      `echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18`,
      'version mismatch',
    ],
    [
      'another exit status, its words on standard error',
      `echo 'could not communicate' >&2; exit 9`,
      'could not communicate',
    ],
    ['no words', 'exit 9', 'cannot be run (9)'],
    ['a crash', 'kill -SEGV $$', 'cannot be run (SIGSEGV)'],
    ['what is no table', 'echo "<html>hello</html>"', 'not a table of cards: <html>hello'],
    ['half a table', print(row(), 'Unable to determine the device handle for GPU1'), 'not a table of cards'],
    ['nothing', 'true', 'not a table of cards: nothing'],
  ])('%s', async (_, table, words) => {
    const { cards, problem } = await found(fakeNvidiaSmi(table));
    expect([cards, problem]).toEqual([[], expect.stringContaining(words)]);
  });

  test('it hangs: it is ended after its time', async () => {
    const { cards, problem } = await found(fakeNvidiaSmi('exec sleep 600'), {}, 200);
    expect([cards, problem]).toEqual([[], 'nvidia-smi has not answered for 0.2 s']);
  });

  test('whatever it prints is never taken for a card', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme-ascii' }), async (text) => {
        fc.pre(!text.includes('END') && !text.includes('GPU-'));
        expect((await found(fakeNvidiaSmi(print(text)))).cards).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('the driver’s files tell the name and the version', async () => {
    const program = fakeNvidiaSmi('exit 9');
    using _ = program;
    const folder = join(program.folder, 'driver');
    mkdirSync(join(folder, 'gpus/0000:17:00.0'), { recursive: true });
    mkdirSync(join(folder, 'gpus/0000:65:00.0'), { recursive: true });
    writeFileSync(
      join(folder, 'version'),
      'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC version: 12\n',
    );
    const about = (name: string, uuid: string) =>
      `Model: \t\t ${name}\nIRQ:   \t\t 24\nGPU UUID: \t ${uuid}\nVideo BIOS: \t ?\n`;
    writeFileSync(join(folder, 'gpus/0000:65:00.0/information'), about('Tesla T4', 'GPU-t'));
    writeFileSync(join(folder, 'gpus/0000:17:00.0/information'), about('NVIDIA A10', 'GPU-a'));
    const { cards, problem } = await findGpus({ environment: program.environment, driverFolder: folder });
    expect([cards, problem]).toEqual([
      [
        { uuid: 'GPU-a', index: 0, name: 'NVIDIA A10', driver: '535.183.01' },
        { uuid: 'GPU-t', index: 1, name: 'Tesla T4', driver: '535.183.01' },
      ],
      'nvidia-smi cannot be run (9)',
    ]);
  });
});

describe('CUDA_VISIBLE_DEVICES', () => {
  const cards = [0, 1, 2].map((index) => ({ uuid: `GPU-${index}`, index, name: '' }));
  const visible = (value: string | undefined) => visibleOf(cards, value).map(({ index }) => index);

  test.each([
    [undefined, [0, 1, 2]],
    ['', []],
    ['-1', []],
    ['NoDevFiles', []],
    ['1', [1]],
    [' 2 , 1 ', [2, 1]],
    ['0,7,1', [0]], // as CUDA does: what comes after a card that is not there is not seen
    ['0,-1,1', [0]],
    ['GPU-2,GPU-0', [2, 0]],
    ['GPU-', []],
  ])('%s', (value, expected) => {
    expect(visible(value)).toEqual(expected);
  });

  test('a subset of the cards, none twice', () => {
    const entry = fc.oneof(fc.integer({ min: -1, max: 4 }).map(String), fc.constantFrom('GPU-0', 'GPU-1', 'MIG-x', ''));
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const seen = visible(entries.join(','));
        expect(new Set(seen).size).toBe(seen.length);
        expect([0, 1, 2]).toEqual(expect.arrayContaining(seen));
      }),
    );
  });
});

describe('found and needed', () => {
  const card = (change: Partial<GpuCard> = {}): GpuCard => ({
    ...{ uuid: 'GPU-0', index: 0, name: 'NVIDIA A10', driver: '550.54.15', capability: '8.6' },
    memory: { total: 24e9, free: 20e9 },
    ...change,
  });
  const lacks = (change: Partial<GpuCard>) => lacking(card(change)).map(({ name }) => name);

  test.each(['525.60.13', '525.60.14', '525.125.06', '530.1', '580.65.06'])('driver %s is new enough', (driver) => {
    expect(lacks({ driver })).toEqual([]);
  });
  test.each(['525.60.12', '525.60', '525.59.99', '470.256.02'])('driver %s is too old', (driver) => {
    expect(lacks({ driver })).toEqual(['driver']);
  });
  test.each(['6.0', '6.1', '7.5', '8.9', '9.0'])('compute capability %s fits', (capability) => {
    expect(lacks({ capability })).toEqual([]);
  });
  test.each(['3.7', '5.2', '10.0', '12.0'])('compute capability %s does not', (capability) => {
    expect(lacks({ capability })).toEqual(['compute capability']);
  });
  test('memory that is taken counts as missing', () => {
    expect(lacks({ memory: { total: 24e9, free: 0.2e9 } })).toEqual(['gpu memory']);
    expect(lacks({ memory: { total: 24e9 } })).toEqual([]);
  });
  test('what is not told stands against nothing', () => {
    const { driver: _, capability: _c, memory: _m, ...untold } = card();
    expect(lacking(untold)).toEqual([]);
    expect(gpuFindings(untold).map(({ found: text }) => text)).toContain('not told by the driver');
  });

  test('of the cards that fit the one with most free memory is taken, the first of equals', () => {
    const free = (index: number, bytes: number, change: Partial<GpuCard> = {}) =>
      card({ index, memory: { total: 24e9, free: bytes }, ...change });
    const best = (...cards: GpuCard[]) => fittingCard({ cards, hidden: 0 })?.index;
    expect(best(free(0, 10e9), free(1, 20e9), free(2, 20e9))).toBe(1);
    expect(best(free(0, 10e9), free(1, 20e9, { capability: '12.0' }))).toBe(0);
    expect(best(free(0, 1e6))).toBeUndefined();
    expect(best()).toBeUndefined();
  });
});
