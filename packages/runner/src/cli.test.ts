import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { main } from './cli.js';
import { COMMAND, counterweight, type Ended } from './fixtures/command.js';
import { drawings, MANIFEST, project } from './fixtures/project.js';

/** The same in this process, where no engine and no working folder matter. */
async function spoken(argv: readonly string[]): Promise<Ended> {
  let [out, err] = ['', ''];
  const code = await main(argv, {
    out: (text) => (out += text),
    progress: { write: (text) => (err += text) },
    onInterrupt: () => () => undefined,
  });
  return { code, out, err };
}

const made = (manifest = MANIFEST) => project({ ...drawings(), 'manifest.yaml': manifest });

describe('the command', { timeout: 60_000 }, () => {
  test('run: exit 0, the result on standard output, a line per epoch on standard error', async () => {
    const { folder, path } = made();
    const { code, out, err } = await counterweight(folder, ['run', 'manifest.yaml', '--out', 'out', '--threads', '1']);
    expect([code, err.match(/^epoch \d\/3 {2}loss /gm)]).toEqual([
      0,
      ['epoch 1/3  loss ', 'epoch 2/3  loss ', 'epoch 3/3  loss '],
    ]);
    expect(out).toMatch(/^test AP {3}macro 0\.\d{4}/);
    expect(existsSync(path('out/metrics.json'))).toBe(true);
  });

  test('run --json: one JSON value on standard output', async () => {
    const { folder } = made();
    const { out } = await counterweight(folder, ['run', 'manifest.yaml', '--json', '--set', 'training.epochs=1']);
    const { folder: written, metrics } = JSON.parse(out) as { folder: string; metrics: { steps: number } };
    expect(written).toMatch(/^runs\/\d{4}-\d\d-\d\dT[\d-]+-manifest$/);
    expect(metrics.steps).toBe(4);
  });

  test('run, interrupted: exit 130, and it can be resumed, as it was', async () => {
    const { folder, path } = made();
    const argv = ['run', 'manifest.yaml', '--out', 'out', '--set', 'training.epochs=5000'];
    const { code, err } = await counterweight(folder, argv, {
      during: (text, kill) => {
        if (/^epoch +1\//m.test(text) && !text.includes('stopping')) kill();
      },
    });
    expect([code, err]).toEqual([130, expect.stringContaining(`counterweight run --resume ${path('out')}\n`)]);
    const other = await counterweight(folder, ['run', '--resume', 'out', '--set', 'training.epochs=3']);
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('training.epochs: 5000 then, 3 now')]);
    const resumed = await counterweight(folder, ['run', '--resume', 'out'], {
      during: (text, kill) => {
        if (/^epoch +2\//m.test(text) && !text.includes('stopping')) kill('SIGHUP');
      },
    });
    expect([resumed.code, resumed.err]).toEqual([
      130,
      expect.stringContaining(`counterweight run --resume ${path('out')}\n`),
    ]);
    expect((await counterweight(folder, ['run', '--resume', 'nowhere'])).code).toBe(2);
  });

  test('run: it goes on when nobody reads what it tells', async () => {
    const { folder, path } = made();
    const child = spawn(process.execPath, [COMMAND, 'run', 'manifest.yaml', '--out', 'out'], { cwd: folder });
    child.stderr.once('data', () => child.stderr.destroy());
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect([code, existsSync(path('out/metrics.json'))]).toEqual([0, true]);
  });

  test('run, interrupted before training: exit 130 at once, and the folder can be used', async () => {
    const { folder, write } = made();
    const data = `data: { use: '@counterweight/data-synthetic', examples: 60000, classes: 5000 }\n`;
    write('large.yaml', MANIFEST.replace(/^data:.*\n/m, data));
    const { code, err } = await counterweight(folder, ['run', 'large.yaml', '--out', 'out'], {
      during: (text, kill) => {
        if (text.includes('Making labels') && !text.includes('interrupted')) kill();
      },
    });
    expect([code, err]).toEqual([130, expect.stringContaining('interrupted before training')]);
    expect((await counterweight(folder, ['run', 'manifest.yaml', '--out', 'out'])).code).toBe(0);
  });

  test('check: the plan on standard output, nothing written', async () => {
    const { folder } = made();
    const before = readdirSync(folder);
    const { code, out } = await counterweight(folder, ['check', 'manifest.yaml', '--set', 'data.cache=null']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^labels +\d/m)]);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('compare: a table, and a page that does not overwrite', async () => {
    const { folder, path, write } = made();
    await counterweight(folder, ['run', 'manifest.yaml', '--out', 'first']);
    cpSync(path('first'), path('second'), { recursive: true });
    const argv = ['compare', 'first', 'second', '--out', 'page.html'];
    const { code, out } = await counterweight(folder, argv);
    expect([code, out.match(/^(first|second) +0\.\d{4}/gm)?.length]).toEqual([0, 2]);
    write('page.html', 'mine');
    expect((await counterweight(folder, argv)).code).toBe(2);
    expect((await counterweight(folder, ['compare', 'nothing-here'])).code).toBe(2);
  });

  test.each([
    [
      'a bad manifest',
      ['run', 'manifest.yaml', '--set', 'training.epochs=-1'],
      2,
      'out-of-range  --set training.epochs',
    ],
    ['no manifest', ['run', 'missing.yaml'], 2, 'manifest-unreadable  '],
    ['an unknown command', ['runn'], 2, 'Did you mean run?'],
    ['an unknown option', ['run', 'manifest.yaml', '--ouut', 'x'], 2, 'Did you mean --out?'],
    ['a missing argument', ['run'], 2, 'missing required argument'],
    ['two places', ['run', 'manifest.yaml', '--out', 'a', '--resume', 'b'], 2, 'cannot be used with'],
    ['an unknown device', ['run', 'manifest.yaml', '--device', 'tpu'], 2, 'one of auto, cpu, gpu is expected'],
    ['no thread', ['run', 'manifest.yaml', '--threads', '0'], 2, 'at least 1'],
    ['a value without a key', ['run', 'manifest.yaml', '--set', '3'], 2, 'override-invalid'],
  ])('%s', async (_, argv, exit, message) => {
    const { folder, path } = made();
    const before = readdirSync(folder);
    const { code, out, err } = await spoken(argv.map((one) => (one.endsWith('.yaml') ? path(one) : one)));
    expect([code, out]).toEqual([exit, '']);
    expect(err).toContain(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('bad data: exit 3; no engine: exit 5, and what to type', async () => {
    const { folder, write, path } = made();
    const env = { COUNTERWEIGHT_CACHE: path('no-engine'), PIP_INDEX_URL: 'http://127.0.0.1:1/simple' };
    const none = await counterweight(folder, ['run', 'manifest.yaml', '--out', 'out'], { env });
    expect([none.code, none.err]).toEqual([5, expect.stringContaining('engine install')]);
    const plan = await counterweight(folder, ['check', 'manifest.yaml'], { env });
    expect([plan.code, plan.err]).toEqual([0, expect.stringContaining('not estimated')]);
    expect(plan.out).toMatch(/^training /m);
    write('labels.csv', 'image,labels\nnone.png,a\n');
    expect((await counterweight(folder, ['check', 'manifest.yaml'])).code).toBe(3);
    expect(existsSync(path('out'))).toBe(false);
  });

  test('a bad manifest loads no engine: it is refused just the same without one', async () => {
    const { folder, path } = made('loss: 3\n');
    const { code, err } = await counterweight(folder, ['run', 'manifest.yaml'], {
      env: { COUNTERWEIGHT_CACHE: path('none') },
    });
    expect([code, err]).toEqual([2, expect.stringContaining('wrong-type  manifest.yaml:1:7')]);
  });

  test('--json tells errors as data; --verbose their stack', async () => {
    const { path } = made('loss: 3\n');
    const { out, err } = await spoken(['check', path('manifest.yaml'), '--json', '--verbose']);
    const { error } = JSON.parse(out) as { error: { code: string; problems: { code: string; place: unknown }[] } };
    expect(error.code).toBe('manifest-invalid');
    expect(error.problems).toContainEqual(
      expect.objectContaining({ code: 'wrong-type', place: { file: path('manifest.yaml'), line: 1, column: 7 } }),
    );
    expect(err).toMatch(/^\s+at /m);
  });

  test('help fits a screen', async () => {
    for (const argv of [
      [],
      ['run'],
      ['check'],
      ['predict'],
      ['compare'],
      ['plugins'],
      ['schema'],
      ['doctor'],
      ['engine'],
      ['engine', 'install'],
    ]) {
      const { code, out } = await spoken([...argv, '--help']);
      expect([code, out.split('\n').length < 25]).toEqual([0, true]);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });
});
