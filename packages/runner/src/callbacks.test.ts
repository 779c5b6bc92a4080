import { readFileSync } from 'node:fs';

import { RUN_FILES, type Callback, type Logger } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, describe, expect, test } from 'vitest';

import { drawings, MANIFEST, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { run } from './run.js';

beforeAll(async () => {
  await loadEngine({ threads: 1 });
});

/** Counts steps over all resumptions, and writes a line per epoch into its own folder. */
const COUNTER = `
import { LABEL_STATISTICS, LOGGER, RUN_FOLDER, definePlugin, z } from '${new URL('../../core/dist/index.js', import.meta.url).href}';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
export default definePlugin({
  kind: 'callback',
  name: 'counter',
  options: z.strictObject({ unit: z.string().default('steps'), failAt: z.int().nullable().default(null) }),
  inject: [RUN_FOLDER, LABEL_STATISTICS, LOGGER],
  create: ({ unit, failAt }, folder, { positives }, logger) => {
    let steps = 0;
    return {
      batchEnd: ({ step }) => {
        if (step === failAt) throw new Error('as asked');
        steps++;
      },
      epochEnd: ({ epoch }) => {
        mkdirSync(folder, { recursive: true });
        appendFileSync(join(folder, 'steps.txt'), \`\${epoch} \${steps} \${unit} \${positives.length}\\n\`);
      },
      close: () => {
        mkdirSync(folder, { recursive: true });
        appendFileSync(join(folder, 'closed.txt'), 'closed\\n');
      },
      save: () => ({ steps: Int32Array.of(steps) }),
      load: (state) => { steps = state.steps[0]; },
    };
  },
});
`;

const newProject = (manifest: string) =>
  project({
    ...drawings(),
    'manifest.yaml': manifest,
    'node_modules/counter/package.json':
      '{ "name": "counter", "version": "1.2.3", "type": "module", "main": "index.js" }',
    'node_modules/counter/index.js': COUNTER,
  });
const withCallbacks = (list: string) => `${MANIFEST}callbacks: ${list}\n`;

async function runOn(
  made: ReturnType<typeof project>,
  where: { readonly out: string } | { readonly resume: string },
  { stopAt, given = [], set = [] }: { stopAt?: number; given?: readonly Callback[]; set?: readonly string[] } = {},
) {
  const abort = new AbortController();
  const warnings: string[] = [];
  const logger: Logger = { info: () => undefined, warn: (message) => void warnings.push(message) };
  const manifest = await loadManifest('manifest.yaml', { workingFolder: made.folder, set });
  const stop: Callback = {
    batchEnd: ({ step }) => {
      if (step === stopAt) abort.abort();
    },
  };
  const callbacks = [stop, ...given];
  const options = { logger, threads: 1, signal: abort.signal, callbacks };
  const result = await run(manifest, {
    ...options,
    ...('out' in where ? { out: made.path(where.out) } : { resume: made.path(where.resume) }),
  });
  return { ...result, warnings };
}

const linesOf = (made: ReturnType<typeof project>, name = 'counter') =>
  readFileSync(made.path(`out/callbacks/${name}/steps.txt`), 'utf8')
    .trimEnd()
    .split('\n');

describe('callbacks of a manifest', { timeout: 60_000 }, () => {
  test('watch in order, each with a folder of its own; recorded; their memory outlives an interruption', async () => {
    const made = newProject(withCallbacks('[{ use: counter }, { use: counter, unit: again }]'));
    expect((await runOn(made, { out: 'out' }, { stopAt: 6 })).ended).toBe('interrupted');
    const { ended, warnings } = await runOn(made, { resume: 'out' });
    expect([ended, warnings]).toEqual(['completed', []]);
    expect(linesOf(made)).toEqual(['0 4 steps 8', '1 8 steps 8', '2 12 steps 8']);
    expect(linesOf(made, 'counter2')).toEqual(['0 4 again 8', '1 8 again 8', '2 12 again 8']);
    expect(readFileSync(made.path('out/callbacks/counter/closed.txt'), 'utf8')).toBe('closed\nclosed\n');
    const resolved = JSON.parse(readFileSync(made.path(`out/${RUN_FILES.resolved}`), 'utf8')) as {
      manifest: object;
      plugins: object[];
    };
    expect(resolved.manifest).toMatchObject({ callbacks: [{ use: 'counter', failAt: null }, { unit: 'again' }] });
    expect(resolved.plugins).toContainEqual(
      expect.objectContaining({ kind: 'callback', use: 'counter', version: '1.2.3' }),
    );
  });

  test('may be others when a run goes on: memory follows the name, what is gone and what is new is told', async () => {
    const made = newProject(withCallbacks('[{ use: counter }, { use: counter, unit: again }]'));
    await runOn(made, { out: 'out' }, { stopAt: 6 });
    made.write('manifest.yaml', withCallbacks('[{ use: counter, unit: alone }]'));
    let seen = 0;
    const late: Callback = {
      batchEnd: () => {
        seen++;
      },
      save: () => ({ seen: Int32Array.of(seen) }),
      load: (state) => {
        seen = state['seen']![0]!;
      },
    };
    const { ended, warnings } = await runOn(made, { resume: 'out' }, { given: [late] });
    expect([ended, seen]).toEqual(['completed', 6]);
    expect(linesOf(made).slice(1)).toEqual(['1 8 alone 8', '2 12 alone 8']);
    expect(warnings).toEqual([
      'callback counter2 is not there any longer: what it remembered is dropped',
      'callback given in code, 2 was not there when the run was saved: it starts anew',
    ]);
  });

  test('one that fails ends the run and is named; without it the run goes on to the same metrics', async () => {
    const made = newProject(withCallbacks('[{ use: counter, failAt: 6 }]'));
    const failing = runOn(made, { out: 'out' }, { set: ['training.checkpoint.steps=5'] });
    await expect(failing).rejects.toMatchObject({ code: 'plugin-throws', exit: 4, place: { line: 7 } });
    made.write('manifest.yaml', MANIFEST);
    const { metrics: { seconds: _, ...metrics } = { seconds: 0 } } = await runOn(made, { resume: 'out' });
    const { metrics: { seconds: __, ...whole } = { seconds: 0 } } = await runOn(made, { out: 'other' });
    expect(metrics).toEqual(whole);
  });

  test('of another kind, or with an option that it lacks, are refused with the rest', async () => {
    const made = newProject(withCallbacks("[{ use: '@counterweight/cnn' }, { use: counter, units: 1 }]"));
    await expect(loadManifest('manifest.yaml', { workingFolder: made.folder })).rejects.toMatchObject({
      problems: [
        { code: 'plugin-kind', place: { line: 7 } },
        { code: 'unknown-key', remedy: 'unit' },
      ],
    });
  });
});
