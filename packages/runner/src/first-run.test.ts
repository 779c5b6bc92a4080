// The engine at the first use of a machine: chosen, installed or told why not; a GPU that is not used is told.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

import { RUN_FILES, type RunEvent } from '@counterweight/core';
import { findEngine } from '@counterweight/tensorflow';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { counterweight } from './fixtures/command.js';
import { drawings, MANIFEST, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { check } from './plan.js';
import { run } from './run.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const engine = findEngine('cpu');
const linux = process.platform === 'linux' && process.arch === 'x64';
if (!engine) console.warn('first runs that succeed are not tested: the engine is not installed');
if (!linux) console.warn('runs beside a GPU are not tested: there is an engine for GPUs on Linux x86-64 only');

/** An index that has nothing, or does not even answer, and remembers what it was asked for. */
async function emptyIndex({ answers = true } = {}) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (answers) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple` };
}

const made = (manifest = MANIFEST) => project({ ...drawings(), 'manifest.yaml': manifest });
type Made = ReturnType<typeof made>;

/** A machine without an engine whose packages come from an index, and without a GPU unless a program says otherwise. */
const machine = ({ path }: Made, index: string) => ({
  COUNTERWEIGHT_CACHE: path('engines'),
  PIP_INDEX_URL: index,
  PIP_NO_INDEX: '',
  PIP_FIND_LINKS: '',
  PIP_EXTRA_INDEX_URL: '',
  CUDA_VISIBLE_DEVICES: '-1',
});

/** The processor's engine in a cache of its own: `whole`, or as fetched and unpacked but with no binding made. */
function installed({ path }: Made, whole: boolean): void {
  const id = basename(engine!.folder);
  mkdirSync(path('engines/engine'), { recursive: true });
  if (whole) {
    symlinkSync(engine!.folder, path(`engines/engine/${id}`));
    return;
  }
  mkdirSync(path(`engines/engine/${id}`));
  for (const name of ['lib', 'include']) symlinkSync(join(engine!.folder, name), path(`engines/engine/${id}/${name}`));
  copyFileSync(join(engine!.folder, 'complete'), path(`engines/engine/${id}/complete`));
}

/** A program nvidia-smi that lists one card. */
function withCard({ path, write }: Made, driver: string) {
  const line = `0, GPU-00000000-1111-2222-3333-444444444444, ${driver}, 81559, 80000, 9.0, Disabled, NVIDIA H100`;
  write('programs/nvidia-smi', `#!/bin/sh\necho '${line}'\n`);
  chmodSync(path('programs/nvidia-smi'), 0o755);
  return { PATH: `${path('programs')}:${process.env['PATH'] ?? ''}`, CUDA_VISIBLE_DEVICES: '0' };
}

const FIRST_LINE = /^installing TensorFlow \S+ for the processor, once on this machine: \S+ MB to fetch, /m;

describe('without an engine', { timeout: 60_000 }, () => {
  test('run, predict and check begin to install it, and tell so first', async () => {
    const project = made();
    const { url, requests } = await emptyIndex();
    const env = machine(project, url);
    const { code, err } = await counterweight(project.folder, ['run', 'manifest.yaml', '--out', 'out'], { env });
    expect([code, err]).toEqual([5, expect.stringMatching(FIRST_LINE)]);
    expect(err).toContain('engine-wheel-not-offered');
    expect(requests.length).toBeGreaterThan(0);

    const checked = await counterweight(project.folder, ['check', 'manifest.yaml'], { env });
    expect([checked.code, checked.err]).toEqual([0, expect.stringMatching(FIRST_LINE)]);
    expect(checked.err).toContain('time and memory are not estimated: engine-wheel-not-offered');
    expect(checked.out).toMatch(/^training /m);
  });

  test('a bad manifest and bad data install nothing', async () => {
    const project = made('loss: 3\n');
    const { url, requests } = await emptyIndex();
    const env = machine(project, url);
    for (const command of ['run', 'check'])
      expect((await counterweight(project.folder, [command, 'manifest.yaml'], { env })).code).toBe(2);
    project.write('manifest.yaml', MANIFEST);
    project.write('labels.csv', 'image,labels\nnone.png,a\n');
    expect((await counterweight(project.folder, ['run', 'manifest.yaml'], { env })).code).toBe(3);
    expect(requests).toEqual([]);
  });

  test.skipIf(!engine)(
    'Ctrl-C while it is installed ends run and predict at once, and nothing remains of them',
    async () => {
      const project = made(MANIFEST.replace('epochs: 3', 'epochs: 1'));
      const trained = await counterweight(project.folder, ['run', 'manifest.yaml', '--device', 'cpu', '--out', 'done']);
      expect(trained.code).toBe(0);
      const { url } = await emptyIndex({ answers: false });
      const env = machine(project, url);
      for (const argv of [
        ['run', 'manifest.yaml', '--out', 'out'],
        ['predict', 'done', 'images', '--out', 'p.csv'],
      ]) {
        let sent = false;
        const during = (err: string, kill: () => void): void => {
          if (!sent && FIRST_LINE.test(err)) kill();
          sent ||= FIRST_LINE.test(err);
        };
        const { code, err } = await counterweight(project.folder, argv, { env, during });
        expect([code, err]).toEqual([130, expect.stringMatching(/^interrupted before (training|predicting)$/m)]);
      }
      expect(readdirSync(project.folder).filter((name) => name.includes('p.csv'))).toEqual([]);
    },
  );

  test('from code it is an error where it may not be installed', async () => {
    const project = made();
    const { url, requests } = await emptyIndex();
    for (const [name, value] of Object.entries(machine(project, url))) vi.stubEnv(name, value);
    const logger = { info: () => undefined, warn: () => undefined };
    const manifest = await loadManifest(project.path('manifest.yaml'));
    const options = { install: false, device: 'cpu', logger } as const;
    await expect(check(manifest, options)).rejects.toMatchObject({ code: 'engine-missing' });
    await expect(run(manifest, { ...options, out: project.path('out') })).rejects.toMatchObject({
      code: 'engine-missing',
    });
    expect(requests).toEqual([]);
  });

  test.skipIf(!engine)('the first use installs it, tells when it begins and when it is done, and goes on', async () => {
    const project = made();
    installed(project, false);
    const { url } = await emptyIndex();
    const env = machine(project, url);
    const { code, out, err } = await counterweight(project.folder, ['check', 'manifest.yaml'], { env });
    expect([code, out]).toEqual([0, expect.stringMatching(/^time +about/m)]);
    expect(err.split('\n').filter((line) => line.includes('install'))).toEqual([
      expect.stringMatching(FIRST_LINE),
      expect.stringMatching(/^installed TensorFlow \d/),
    ]);
    const again = await counterweight(project.folder, ['check', 'manifest.yaml'], { env });
    expect([again.code, again.err]).toEqual([0, expect.not.stringContaining('install')]);
  });
});

describe('a GPU', { timeout: 60_000 }, () => {
  test('that is asked for and not there: exit 5 with what was found, and nothing is written', async () => {
    const project = made();
    const { url, requests } = await emptyIndex();
    const env = machine(project, url);
    for (const argv of [
      ['run', 'manifest.yaml', '--out', 'out'],
      ['check', 'manifest.yaml'],
    ]) {
      const { code, err } = await counterweight(project.folder, [...argv, '--device', 'gpu'], { env });
      expect([code, err]).toEqual([5, expect.stringMatching(/^gpu-unusable\n[^]*found [^]*try /m)]);
    }
    expect(requests).toEqual([]);
  });

  test.skipIf(!engine || !linux)(
    'that does not fit: a warning that is an event of the run; none with --device cpu',
    async () => {
      const project = made();
      installed(project, true);
      const env = { ...machine(project, 'http://127.0.0.1:1/simple'), ...withCard(project, '470.82.01') };
      const argv = ['run', 'manifest.yaml', '--set', 'training.epochs=1', '--out'];
      const { code, err } = await counterweight(project.folder, [...argv, 'first'], { env });
      const warning = /a GPU is here and is not used \(NVIDIA H100: driver 470\.82\.01; [^]*525\.60\.13/;
      expect([code, err]).toEqual([0, expect.stringMatching(warning)]);
      expect(warningsOf(project.path('first'))).toEqual([expect.stringMatching(warning)]);
      expect(recorded(project.path('first'))).toMatchObject({ device: 'cpu' });

      const asked = await counterweight(project.folder, [...argv, 'second', '--device', 'cpu'], { env });
      expect([asked.code, asked.err]).toEqual([0, expect.stringContaining('device    processor (asked for)')]);
      expect(warningsOf(project.path('second'))).toEqual([]);
    },
  );

  test.skipIf(!engine || !linux)(
    'whose engine cannot be installed: the processor, with why and what to type',
    async () => {
      const project = made();
      installed(project, true);
      const { url, requests } = await emptyIndex();
      const env = { ...machine(project, url), ...withCard(project, '550.54.15') };
      const argv = ['run', 'manifest.yaml', '--set', 'training.epochs=1', '--out', 'out'];
      const { code, err } = await counterweight(project.folder, argv, { env });
      expect([code, err]).toEqual([0, expect.stringMatching(/^device {4}GPU NVIDIA H100 \(it fits\)$/m)]);
      expect(err).toMatch(/^installing TensorFlow \S+ for the GPU, once on this machine: \d\.\d GB to fetch/m);
      expect(warningsOf(project.path('out'))).toEqual([
        expect.stringMatching(
          /not used \(NVIDIA H100; the engine for GPUs cannot be installed: engine-[^]*--device cpu/,
        ),
      ]);
      // The licences are named before anything is asked for; where the disk is too small nothing is.
      if (requests.length > 0) expect(err).toContain('NVIDIA’s licences');
    },
  );
});

const recorded = (folder: string) =>
  (JSON.parse(readFileSync(join(folder, RUN_FILES.resolved), 'utf8')) as { engine: Record<string, unknown> }).engine;

/** About the GPU: the plan has its own. */
const warningsOf = (folder: string): readonly string[] =>
  readFileSync(join(folder, RUN_FILES.events), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent)
    .flatMap((event) => (event.type === 'warning' && event.message.includes('GPU') ? [event.message] : []));
