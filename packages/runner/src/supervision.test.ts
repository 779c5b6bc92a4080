import { describe, expect, test } from 'vitest';

import { counterweight, type Ended } from './fixtures/command.js';
import { eventsOf, leftoversIn, oddProject, outcomeOf, type MANIFESTS } from './fixtures/odd-project.js';

type Variant = keyof typeof MANIFESTS;
type Made = ReturnType<typeof oddProject>;

/** The built command, in a process of its own: what happens here ends or blocks it. */
const command = (
  made: Made,
  fault: string,
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> =>
  counterweight(made.folder, [...argv, '--threads', '1', '--device', 'cpu'], { env: { FAULT: fault, ...env } });

const started = (made: Made, fault: string, env?: Record<string, string>): Promise<Ended> =>
  command(made, fault, ['run', 'manifest.yaml', '--out', 'out'], env);

const outcomes = new Map<Variant, unknown>();

async function undisturbed(variant: Variant): Promise<unknown> {
  if (!outcomes.has(variant)) {
    const made = oddProject(variant);
    expect(await started(made, '')).toMatchObject({ code: 0 });
    outcomes.set(variant, outcomeOf(made.path('out')));
  }
  return outcomes.get(variant);
}

describe('what would end the process ends the run in order', { timeout: 60_000 }, () => {
  const cases: readonly [Variant, string, string, string][] = [
    ['entries', 'read: hangs', 'plugin-never-answers', 'odd#data, in read: its promise has not settled'],
    ['entries', 'mean.compute: hangs', 'plugin-never-answers', 'odd#mean, in compute: its promise'],
    ['entries', 'epochEnd: hangs', 'plugin-never-answers', 'odd#watcher, in epochEnd: its promise'],
    ['entries', 'checkpoint: hangs', 'plugin-never-answers', 'odd#watcher, in checkpoint: its promise'],
    ['entries', 'export: hangs', 'plugin-never-answers', 'odd#net, in export: its promise'],
    ['entries', 'batchEnd: rejects', 'plugin-throws', 'odd#watcher, in batchEnd: no luck'],
    ['entries', 'read: lets a rejection go', 'plugin-throws', 'odd#data, in read, in what nobody awaits: no luck'],
    ['entries', 'read: lets a timer fail', 'plugin-throws', 'odd#data, in read, in what nobody awaits: no luck'],
    [
      'coupled',
      'compute: lets a rejection go',
      'plugin-throws',
      'odd#coupled, in compute, in what nobody awaits: no luck',
    ],
  ];
  test.each(cases)(
    '%s, %s: %s; the folder is valid and goes on to the same bits',
    async (variant, fault, code, told) => {
      const made = oddProject(variant);
      const out = made.path('out');
      const ended = await started(made, fault);
      expect(ended).toMatchObject({ code: 4, out: '' });
      expect(ended.err).toContain(`${code}  `);
      expect(ended.err).toContain(told);
      expect(eventsOf(out).at(-1)).toMatchObject({
        type: 'end',
        status: 'failed',
        reason: expect.stringContaining(told) as string,
      });
      expect(leftoversIn(out)).toEqual([]);
      expect(await command(made, '', ['run', 'manifest.yaml', '--resume', 'out'])).toMatchObject({ code: 0 });
      expect(outcomeOf(out)).toEqual(await undisturbed(variant));
    },
  );

  test('being created, a hang is told too, and nothing is written', async () => {
    const made = oddProject('entries');
    const ended = await started(made, 'data.create: hangs');
    expect(ended.code).toBe(4);
    expect(ended.err).toContain('odd#data, being created: its promise has not settled');
    expect(await command(made, 'data.create: hangs', ['check', 'manifest.yaml'])).toMatchObject({ code: 4 });
  });

  test('being imported as well', async () => {
    const made = oddProject('entries');
    made.write('node_modules/odd/index.mjs', 'await new Promise(() => undefined);');
    const ended = await started(made, '');
    expect(ended.code).toBe(4);
    expect(ended.err).toContain('odd, being imported: its promise has not settled');
  });

  test('what hangs when it is freed hides no result', async () => {
    const made = oddProject('entries');
    const ended = await started(made, 'close: hangs');
    expect(ended.code).toBe(0);
    expect(ended.err).toMatch(/warning {3}plugin-never-answers.*\n.*\n.*odd#data, in close/);
    expect(outcomeOf(made.path('out'))).toEqual(await undisturbed('entries'));
  });

  test.each(['lets a rejection go', 'lets a timer fail'])('what fails after the end is told: %s', async (what) => {
    const made = oddProject('entries');
    const ended = await started(made, `watcher.close: ${what}`);
    expect(ended.code).toBe(4);
    expect(ended.err).toContain('odd#watcher, in close, in what nobody awaits: no luck');
    expect(outcomeOf(made.path('out'))).toEqual(await undisturbed('entries'));
  });

  test('a plugin that ends the process is named, and its run is not taken for done', async () => {
    const made = oddProject('entries');
    const ended = await started(made, 'epochEnd: ends the process');
    expect(ended.code).toBe(4);
    expect(ended.err).toContain('odd#watcher, in epochEnd: it ended the process with code 0');
    expect(await command(made, '', ['run', 'manifest.yaml', '--resume', 'out'])).toMatchObject({ code: 0 });
    expect(outcomeOf(made.path('out'))).toEqual(await undisturbed('entries'));
  });

  test('what a plugin left running does not keep the process', async () => {
    const made = oddProject('entries');
    const ended = await started(made, 'epochEnd: goes on for ever');
    expect(ended.code).toBe(0);
    expect(ended.err).toContain('something still runs that was started meanwhile');
    expect(outcomeOf(made.path('out'))).toEqual(await undisturbed('entries'));
  });

  test('--verbose shows where the plugin threw', async () => {
    const made = oddProject('coupled');
    const { err } = await command(made, 'compute: throws', ['run', 'manifest.yaml', '--out', 'out', '--verbose']);
    expect(err).toMatch(/caused by RangeError: no luck\n {4}at .*node_modules\/odd\/index\.mjs:\d+:\d+/);
  });
});

describe('a call that takes long is told while it lasts', { timeout: 60_000 }, () => {
  const env = { COUNTERWEIGHT_PATIENCE: '0.2' };

  test('also while it blocks the process; the run is not changed', async () => {
    const made = oddProject('coupled');
    const { code, err } = await started(made, 'compute: blocks', env);
    expect(err).toMatch(
      /^still in odd#coupled, in compute after 0\.\d s; it lets nothing else happen, .* kill -KILL \d+, then --resume /m,
    );
    expect([code, outcomeOf(made.path('out'))]).toEqual([0, await undisturbed('coupled')]);
  });

  test('while its promise is awaited', async () => {
    const made = oddProject('entries');
    const { code, err } = await started(made, 'read: waits for long', env);
    expect(err).toMatch(/^still in odd#data, in read after 0\.\d s; to end it, Ctrl-C twice /m);
    expect([code, outcomeOf(made.path('out'))]).toEqual([0, await undisturbed('entries')]);
  });

  test('not when nobody wants to hear it', async () => {
    const { code, err } = await started(oddProject('coupled'), 'compute: blocks', { COUNTERWEIGHT_PATIENCE: '0' });
    expect([code, err]).toEqual([0, expect.not.stringContaining('still in')]);
  });
});
