import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isCounterweightError } from '@counterweight/core';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { fabricateRun } from './fixtures/fabricate.js';
import { readRun } from './run.js';
import { summarise } from './summary.js';

let folder: string;
beforeEach(async () => {
  folder = await fabricateRun(join(await mkdtemp(join(tmpdir(), 'report-')), 'focal'), {
    macro: 0.4361,
    decided: 12.2,
  });
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const refusal = async () => {
  const error: unknown = await readRun(folder).catch((thrown: unknown) => thrown);
  return isCounterweightError(error) ? error : expect.fail(`not one of our errors: ${String(error)}`);
};
const edit = async (file: string, change: (text: string) => string) =>
  writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));

test('a run has the folder’s name and the numbers of its files', async () => {
  const run = await readRun(folder);
  expect(run.name).toBe('focal');
  expect(run.epochs).toHaveLength(16);
  expect(run.perClass).toHaveLength(240);
  expect(summarise(run)).toMatchObject({ name: 'focal', macro: 0.4361, decided: 12.2, steps: 1104, seconds: 48.25 });
});

test('macro AP of every class is the mean of the column, empty cells left out', async () => {
  const lines = [
    'class,positives_train,positives_validation,positives_test,average_precision,mine',
    'a,1,0,1,0.5,x',
    '"b, ""c""",0,0,0,,',
    'd,9,1,2,1,',
  ];
  await writeFile(join(folder, 'per-class.csv'), `\ufeff${lines.join('\r\n')}\r\n`);
  const run = await readRun(folder);
  expect(run.perClass.map((row) => row.class)).toEqual(['a', 'b, "c"', 'd']);
  expect(summarise(run).everyClass).toEqual({ macro: 0.75, classes: 2 });
});

test.each(['manifest.yaml', 'resolved.json', 'metrics.json', 'events.jsonl', 'per-class.csv', 'test-examples.json'])(
  'without %s the error names it',
  async (file) => {
    await rm(join(folder, file));
    const error = await refusal();
    expect([error.code, error.exit]).toEqual(['run-file-missing', 2]);
    expect(error.found).toContain(file);
  },
);

test('a run that failed says how it ended', async () => {
  await rm(join(folder, 'metrics.json'));
  await edit('events.jsonl', (text) => text.replace('"status":"done"', '"status":"diverged","reason":"NaN at step 3"'));
  expect((await refusal()).found).toContain('diverged, NaN at step 3');
});

test.each([
  ['metrics.json', '{', 'JSON', undefined],
  ['metrics.json', '{"validation":{},"test":{},"seconds":1,"steps":1}', 'chance', undefined],
  ['resolved.json', '[]', 'the whole', undefined],
  ['test-examples.json', '{"shape":[1],"examples":[{"id":1}]}', 'examples.0.id', undefined],
  ['per-class.csv', 'class,n\na,1\n', 'class,n', 1],
  ['per-class.csv', '', 'missing', 1],
  [
    'per-class.csv',
    'class,positives_train,positives_validation,positives_test,average_precision\na,1,1,1,1\nb,many,1,1,1\n',
    'positives_train is "many"',
    3,
  ],
])('%s that is %j is refused', async (file, text, problem, line) => {
  await writeFile(join(folder, file), text);
  const error = await refusal();
  expect([error.code, error.exit]).toEqual(['run-file-invalid', 3]);
  expect(`${error.found} ${error.expected ?? ''}`).toContain(problem);
  expect(error.place).toEqual({ file: join(folder, file), ...(line !== undefined && { line }) });
});

test('a run that was killed or interrupted is to be resumed, one that failed is not', async () => {
  await rm(join(folder, 'metrics.json'));
  const ended = (end: string) => edit('events.jsonl', (text) => text.replace(/\n\{"type":"end".*/s, end));
  const resume = `counterweight run --resume ${folder}`;
  await ended('\n{"type":"end","time":"2026-01-01","status":"interrupted"}\n');
  expect(await refusal()).toMatchObject({ remedy: resume, found: expect.stringContaining('interrupted') as string });
  await appendFile(join(folder, 'events.jsonl'), '{"type":"resume","time":"2026-01-02","step":69}\n{"type":"epo');
  expect(await refusal()).toMatchObject({
    remedy: resume,
    found: expect.not.stringContaining('interrupted') as string,
  });
  await appendFile(join(folder, 'events.jsonl'), '\n');
  await edit('events.jsonl', (text) =>
    text.replace('{"type":"epo\n', '{"type":"end","time":"","status":"diverged"}\n'),
  );
  expect((await refusal()).remedy).toBe('run the manifest again');
});

test('a resumed run reads as one, also with half a line that a killed writer left', async () => {
  const whole = await readRun(folder);
  const last = JSON.stringify({ type: 'warning', message: 'größer' });
  const bytes = Buffer.from(last);
  await edit('events.jsonl', (text) =>
    text.replace('\n{"type":"epoch","epoch":3', '\n{"type":"resume","time":"2026-01-01","step":207}$&'),
  );
  const before = await readFile(join(folder, 'events.jsonl'));
  for (let length = 1; length < bytes.length; length++) {
    await writeFile(join(folder, 'events.jsonl'), Buffer.concat([before, bytes.subarray(0, length)]));
    const run = await readRun(folder);
    expect([run.epochs, run.warnings]).toEqual([whole.epochs, []]);
  }
  await writeFile(join(folder, 'events.jsonl'), Buffer.concat([before, bytes]));
  expect((await readRun(folder)).warnings).toEqual(['größer']);
});

test('a run that stopped early says why', async () => {
  expect((await readRun(folder)).stopped).toBeUndefined();
  const stopped = await fabricateRun(join(folder, '..', 'early'), { stopped: 'no better in 3 epochs' });
  const run = await readRun(stopped);
  expect([run.stopped, run.epochs.length]).toEqual(['no better in 3 epochs', 15]);
});

test('a broken event is named by its line; an empty last line is none', async () => {
  await appendFile(join(folder, 'events.jsonl'), '\n{"type":"epoch"}\n');
  expect((await refusal()).place?.line).toBe(20);
});
