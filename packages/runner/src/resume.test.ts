import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { RUN_FILES, runEvent, type Logger } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, describe, expect, test } from 'vitest';

import { drawings, MANIFEST, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { run } from './run.js';

beforeAll(async () => {
  await loadEngine({ threads: 1 });
});

const EVERYTHING = `${MANIFEST.replace(/^samplers.*\n/m, '').replace(/^training.*\n/m, '')}
samplers:
  - { use: '@counterweight/sampler-oversample', rule: classPower }
  - { use: '@counterweight/sampler-ohem' }
training:
  epochs: 4
  batchSize: 16
  augmentation: { shift: 1, flip: horizontal }
  ema: { decay: 0.9 }
  earlyStopping: { patience: 2 }
  checkpoint: { steps: 3 }
`;

type Made = ReturnType<typeof project>;
const newProject = (manifest = EVERYTHING): Made => project({ ...drawings(), 'manifest.yaml': manifest });

interface How {
  readonly stopAt?: number;
  readonly set?: readonly string[];
  readonly warnings?: string[];
  /** Called after each step. */
  readonly at?: (step: number) => void;
}

/** Runs on one thread, until the end or as if interrupted after a step. */
async function runOn(
  { folder, path }: Made,
  where: { out?: string; resume?: string },
  { stopAt, set = [], warnings = [], at }: How = {},
) {
  const abort = new AbortController();
  const logger: Logger = { info: () => undefined, warn: (message) => void warnings.push(message) };
  const manifest = await loadManifest('manifest.yaml', { workingFolder: folder, set });
  return run(manifest, {
    ...(where.out !== undefined && { out: path(where.out) }),
    ...(where.resume !== undefined && { resume: path(where.resume) }),
    logger,
    threads: 1,
    signal: abort.signal,
    onPlan: () => [
      {
        batchEnd: ({ step }) => {
          at?.(step);
          if (step === stopAt) abort.abort();
        },
      },
    ],
  });
}

/** What must be equal: every weight, every metric, every epoch. */
function outcome(folder: string) {
  const read = (name: string) => readFileSync(join(folder, name));
  const { seconds: _, ...metrics } = JSON.parse(read(RUN_FILES.metrics).toString()) as Record<string, unknown>;
  const epochs = events(folder).flatMap((event) => {
    if (event.type !== 'epoch') return [];
    const { seconds: _seconds, waited: _waited, ...rest } = event;
    return [rest];
  });
  const model = join(folder, RUN_FILES.model);
  const weights = readdirSync(model).map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(join(model, name)))
      .digest('hex'),
  ]);
  return { metrics, epochs, weights, perClass: read(RUN_FILES.perClass).toString() };
}

const events = (folder: string) =>
  readFileSync(join(folder, RUN_FILES.events), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => runEvent.parse(JSON.parse(line)));

const checkpoints = ({ path }: Made, run: string): string[] =>
  readdirSync(join(path(run), RUN_FILES.checkpoints))
    .filter((name) => name.endsWith('.json'))
    .sort();

describe('a run that was stopped and resumed', { timeout: 120_000 }, () => {
  test('ends with the bits of one that was not, wherever it stopped', async () => {
    const made = newProject();
    await runOn(made, { out: 'whole' });
    const expected = outcome(made.path('whole'));
    for (const stops of [[1], [4], [5, 6, 11], [16]]) {
      const name = `stopped-${stops.join('-')}`;
      for (const stopAt of stops) {
        const { ended } = await runOn(made, { resume: name }, { stopAt });
        if (stopAt < 16) expect(ended).toBe('interrupted');
      }
      await runOn(made, { resume: name });
      expect(outcome(made.path(name)), name).toEqual(expected);
      expect(existsSync(join(made.path(name), 'run.lock'))).toBe(false);
    }
  });

  test('that began on a GPU goes on without one, to other bits, and tells so', async () => {
    const made = newProject();
    await runOn(made, { resume: 'a' }, { stopAt: 5 });
    const file = join(made.path('a'), RUN_FILES.resolved);
    const resolved = JSON.parse(readFileSync(file, 'utf8')) as { engine: Record<string, unknown> };
    expect(resolved.engine).toMatchObject({ device: 'cpu', threads: 1 });
    const engine = { ...resolved.engine, device: 'gpu', card: 'NVIDIA A10' };
    writeFileSync(file, JSON.stringify({ ...resolved, engine }));
    const warnings: string[] = [];
    expect(await runOn(made, { resume: 'a' }, { warnings })).toMatchObject({ ended: 'completed' });
    expect(warnings).toEqual([
      "device was 'gpu' when the run began, now it is 'cpu': it goes on, but not to the same bits",
      "card was 'NVIDIA A10' when the run began, now it is nothing: it goes on, but not to the same bits",
    ]);
  });

  test('is told by its events; resuming it once more changes nothing', async () => {
    const made = newProject();
    await runOn(made, { resume: 'a' }, { stopAt: 5 });
    expect(events(made.path('a')).at(-1)).toMatchObject({ type: 'end', status: 'interrupted' });
    const { metrics } = await runOn(made, { resume: 'a' });
    const types = events(made.path('a'))
      .map(({ type }) => type)
      .filter((type) => type !== 'warning');
    expect(types).toEqual(['start', 'epoch', 'resume', 'epoch', 'epoch', 'epoch', 'end']);
    const before = outcome(made.path('a'));
    expect((await runOn(made, { resume: 'a' })).metrics).toEqual(metrics);
    expect(outcome(made.path('a'))).toEqual(before);
  });
});

describe('what a finished run has lost is made again, to the same bits', { timeout: 120_000 }, () => {
  test.each([
    ['the model', (folder: string) => rmSync(join(folder, RUN_FILES.model), { recursive: true })],
    ['half of the metrics', (folder: string) => truncateSync(join(folder, RUN_FILES.metrics), 100)],
    [
      'the metrics, and half of an event',
      (folder: string) => {
        rmSync(join(folder, RUN_FILES.metrics));
        truncateSync(join(folder, RUN_FILES.events), statSync(join(folder, RUN_FILES.events)).size - 10);
      },
    ],
  ])('%s', async (_, lose) => {
    const made = newProject();
    await runOn(made, { resume: 'a' });
    const before = outcome(made.path('a'));
    lose(made.path('a'));
    await runOn(made, { resume: 'a' });
    expect(outcome(made.path('a'))).toEqual(before);
    expect(events(made.path('a')).at(-1)).toMatchObject({ type: 'end' });
  });

  test('without checkpoints too: it starts again, and says so', async () => {
    const made = newProject();
    await runOn(made, { resume: 'a' });
    const before = outcome(made.path('a'));
    rmSync(join(made.path('a'), RUN_FILES.checkpoints), { recursive: true });
    rmSync(join(made.path('a'), RUN_FILES.perClass));
    await runOn(made, { resume: 'a' });
    expect(outcome(made.path('a'))).toEqual(before);
  });
});

test('a disk that is full for a while costs no epoch and no event', { timeout: 60_000 }, async () => {
  const made = newProject();
  await runOn(made, { out: 'whole' });
  const [file, aside] = [join(made.path('a'), RUN_FILES.events), made.path('aside')];
  const warnings: string[] = [];
  await runOn(
    made,
    { resume: 'a' },
    {
      warnings,
      at: (step) => {
        // Events can no longer be appended, nor checkpoints that tell how many there are.
        if (step === 2) {
          renameSync(file, aside);
          mkdirSync(file);
        }
        if (step === 11) {
          rmdirSync(file);
          renameSync(aside, file);
        }
      },
    },
  );
  expect(warnings.filter((text) => text.includes('out-unwritable')).length).toBeGreaterThan(2);
  expect(outcome(made.path('a'))).toEqual(outcome(made.path('whole')));
  expect(
    events(made.path('a'))
      .filter(({ type }) => type === 'epoch')
      .map((event) => (event as { epoch: number }).epoch),
  ).toEqual([0, 1, 2, 3]);
});

describe('what cannot be resumed is named, and nothing is destroyed', { timeout: 120_000 }, () => {
  const stopped = async (): Promise<Made> => {
    const made = newProject();
    await runOn(made, { resume: 'a' }, { stopAt: 8 });
    return made;
  };
  const contents = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map(
        (name) =>
          `${name} ${createHash('sha256')
            .update(readFileSync(join(folder, name)))
            .digest('hex')}`,
      )
      .sort();

  test('another manifest: every key that differs; how often it is saved may', async () => {
    const made = await stopped();
    const before = contents(made.path('a'));
    const set = ['training.batchSize=8', 'samplers.1.startEpoch=2', 'training.checkpoint.steps=50'];
    const error: unknown = await runOn(made, { resume: 'a' }, { set }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'resume-manifest-changed',
      exit: 2,
      found: 'samplers.1.startEpoch: 1 then, 2 now\ntraining.batchSize: 16 then, 8 now',
    });
    expect(contents(made.path('a'))).toEqual(before);
    const { ended } = await runOn(made, { resume: 'a' }, { set: ['training.checkpoint.steps=50'], stopAt: 9 });
    expect(ended).toBe('interrupted');
  });

  test('other data', async () => {
    const made = await stopped();
    const before = contents(made.path('a'));
    made.write('labels.csv', readFileSync(made.path('labels.csv'), 'utf8').replace('bar 0', 'bar 1'));
    await expect(runOn(made, { resume: 'a' })).rejects.toMatchObject({ code: 'resume-data-changed', exit: 3 });
    expect(contents(made.path('a'))).toEqual(before);
  });

  test.each([
    ['truncated', (file: string) => truncateSync(file, statSync(file).size - 1)],
    ['changed', (file: string) => writeFileSync(file, readFileSync(file).fill(7, 500, 600))],
    ['gone', (file: string) => rmSync(file)],
  ])('a checkpoint that is %s: the one before it is used, to the same bits', async (_, spoil) => {
    const made = await stopped();
    cpSync(made.path('a'), made.path('b'), { recursive: true });
    await runOn(made, { resume: 'a' });
    const [, newest] = checkpoints(made, 'b');
    const folder = join(made.path('b'), RUN_FILES.checkpoints);
    const { file } = JSON.parse(readFileSync(join(folder, newest!), 'utf8')) as { file: string };
    spoil(join(folder, file));
    const warnings: string[] = [];
    await runOn(made, { resume: 'b' }, { warnings });
    expect(warnings.join()).toContain(newest);
    expect(outcome(made.path('b'))).toEqual(outcome(made.path('a')));
  });

  test('no checkpoint that is whole: refused; none at all: it starts at the beginning', async () => {
    const made = await stopped();
    const folder = join(made.path('a'), RUN_FILES.checkpoints);
    for (const name of checkpoints(made, 'a')) writeFileSync(join(folder, name), '{}');
    const before = contents(made.path('a'));
    await expect(runOn(made, { resume: 'a' })).rejects.toMatchObject({ code: 'checkpoints-damaged', exit: 3 });
    expect(contents(made.path('a')).filter((line) => !line.startsWith('run.lock'))).toEqual(before);
    rmSync(folder, { recursive: true });
    await runOn(made, { resume: 'a' });
    await runOn(made, { out: 'whole' });
    expect(outcome(made.path('a'))).toEqual(outcome(made.path('whole')));
  });

  test('a folder of somebody else, or in use', async () => {
    const made = newProject();
    made.write('mine/precious.txt', 'mine');
    await expect(runOn(made, { resume: 'mine' })).rejects.toMatchObject({ code: 'out-not-empty', exit: 2 });
    await runOn(made, { resume: 'a' }, { stopAt: 2 });
    const lock = { host: hostname(), process: process.ppid, started: startOf(process.ppid) };
    writeFileSync(join(made.path('a'), 'run.lock'), JSON.stringify(lock));
    await expect(runOn(made, { resume: 'a' })).rejects.toMatchObject({ code: 'run-in-use', exit: 2 });
    writeFileSync(join(made.path('a'), 'run.lock'), JSON.stringify({ ...lock, started: '1' }));
    expect((await runOn(made, { resume: 'a' }, { stopAt: 3 })).ended).toBe('interrupted');
  });
});

/** As the lock tells a process apart from another of its number; Linux only. */
const startOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')[19]!;
