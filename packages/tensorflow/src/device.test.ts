import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { bindingFiles } from './binding.js';
import { engineFolder } from './cache.js';
import { chooseDevice, usableCard } from './device.js';
import { withDevice } from './device-environment.js';
import { fakeNvidiaSmi, print, row } from './fixtures/nvidia-smi.js';
import type { GpuCard, GpuSearch } from './gpu.js';
import { type Device, lockedEngine, readLock, thisPlatform } from './lock.js';

const hasGpuEngine = `${thisPlatform()}-gpu` in readLock();
if (!hasGpuEngine) console.warn(`choosing a GPU is not tested: there is no engine for one on ${thisPlatform()}`);

const card = (change: Partial<GpuCard> = {}): GpuCard => ({
  ...{ uuid: 'GPU-0', index: 0, name: 'NVIDIA A10', driver: '550.54.15', capability: '8.6' },
  memory: { total: 24e9, free: 20e9 },
  ...change,
});
const search = (change: Partial<GpuSearch> = {}): GpuSearch => ({ cards: [], hidden: 0, ...change });

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'counterweight-device-'));
  vi.stubEnv('COUNTERWEIGHT_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

/** What `findEngine` takes for an engine. */
function installed(device: Device): void {
  const folder = engineFolder(lockedEngine(device));
  const files = [join(folder, 'complete'), ...Object.values(bindingFiles(folder) as unknown as Record<string, string>)];
  for (const file of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
  }
}

describe('without a GPU', () => {
  test('the processor, and no warning', async () => {
    expect(await chooseDevice('auto', { search: search() })).toEqual({
      device: 'cpu',
      reason: expect.stringMatching(hasGpuEngine ? 'no NVIDIA GPU was found' : 'no engine for GPUs') as string,
    });
  });

  test('asked for, it is an error with what was found, what is needed and what to do', async () => {
    await expect(chooseDevice('gpu', { search: search() })).rejects.toMatchObject({
      code: 'gpu-unusable',
      exit: 5,
      remedy: expect.stringContaining('--device cpu') as string,
    });
  });
});

describe.runIf(hasGpuEngine)('with a GPU', () => {
  test('that fits, it is taken: where its engine is installed or may be', async () => {
    const chosen = { device: 'gpu', card: card(), reason: 'it fits' };
    expect(await chooseDevice('auto', { search: search({ cards: [card()] }) })).toEqual(chosen);
    installed('gpu');
    expect(await chooseDevice('auto', { search: search({ cards: [card()] }), install: false })).toEqual(chosen);
    expect(await chooseDevice('gpu', { search: search({ cards: [card()] }) })).toMatchObject({ card: card() });
  });

  test('whose engine is missing and may not be installed, the processor, with a warning that says what to type', async () => {
    const { device, warning } = await chooseDevice('auto', { search: search({ cards: [card()] }), install: false });
    expect([device, warning]).toEqual(['cpu', expect.stringMatching(/NVIDIA A10[^]*engine install --device gpu/)]);
  });

  test.each<[string, Partial<GpuSearch>, RegExp]>([
    ['an old driver', { cards: [card({ driver: '470.1' })] }, /driver 470\.1[^]*525\.60\.13[^]*newer driver/],
    ['a card too new', { cards: [card({ capability: '12.0' })] }, /capability 12\.0[^]*below 10\.0/],
    ['taken memory', { cards: [card({ memory: { total: 8e9, free: 1e8 } })] }, /0\.1 GB free of 8\.0 GB[^]*nvidia-smi/],
    ['a driver that does not answer', { problem: 'Driver/library version mismatch' }, /version mismatch/],
  ])('%s: the processor with a warning; asked for, an error', async (_, found, words) => {
    const { device, warning } = await chooseDevice('auto', { search: search(found) });
    expect([device, warning]).toEqual(['cpu', expect.stringMatching(words)]);
    expect(warning).toContain('--device cpu');
    await expect(chooseDevice('gpu', { search: search(found) })).rejects.toMatchObject({ code: 'gpu-unusable' });
    expect(await chooseDevice('cpu', { search: search(found) })).toEqual({ device: 'cpu', reason: 'asked for' });
  });

  test('that only the driver’s files name is taken where it is asked for, not by itself', async () => {
    const found = search({ cards: [card()], problem: 'Driver/library version mismatch' });
    const { device, warning } = await chooseDevice('auto', { search: found });
    expect([device, warning]).toEqual(['cpu', expect.stringMatching(/NVIDIA A10[^]*mismatch[^]*--device gpu/)]);
    expect(await chooseDevice('gpu', { search: found })).toMatchObject({ device: 'gpu', card: card() });
  });

  test('that CUDA_VISIBLE_DEVICES hides, the processor without a warning: somebody wanted that', async () => {
    const { device, reason, warning } = await chooseDevice('auto', { search: search({ hidden: 2 }) });
    expect([device, reason, warning]).toEqual(['cpu', 'CUDA_VISIBLE_DEVICES hides the 2 GPUs', undefined]);
  });

  test('of several the one that fits best', () => {
    const cards = [card({ driver: '1.0' }), card({ uuid: 'GPU-1' }), card({ uuid: 'GPU-2', memory: { total: 9e9 } })];
    expect(usableCard(search({ cards }))).toMatchObject({ uuid: 'GPU-1' });
  });

  test('as nvidia-smi tells it', async () => {
    using program = fakeNvidiaSmi(print(row({ driver: '450.80.02' }), row({ index: 1 })));
    vi.stubEnv('PATH', program.environment['PATH']);
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    expect(await chooseDevice('auto')).toMatchObject({ device: 'gpu', card: { index: 1 } });
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '0');
    expect(await chooseDevice('auto')).toMatchObject({
      device: 'cpu',
      warning: expect.stringContaining('450.80.02') as string,
    });
  });
});

describe('the environment while TensorFlow starts', () => {
  const during = (choice: { card?: GpuCard }, environment: Record<string, string | undefined>) => {
    const seen = withDevice(choice, () => ({ ...environment }), environment);
    return { seen, after: environment };
  };

  test('a GPU: this card alone, memory as needed, the same bits each time', () => {
    const { seen, after } = during({ card: card() }, { CUDA_VISIBLE_DEVICES: '0,1' });
    expect(seen).toMatchObject({
      CUDA_VISIBLE_DEVICES: 'GPU-0',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      TF_DETERMINISTIC_OPS: '1',
      TF_CPP_MIN_LOG_LEVEL: '1',
    });
    expect(after['CUDA_VISIBLE_DEVICES']).toBe('0,1');
  });

  test('the processor: no card', () => {
    const { seen, after } = during({}, {});
    expect(seen).toEqual({ CUDA_VISIBLE_DEVICES: '-1', TF_CPP_MIN_LOG_LEVEL: '2' });
    expect(after).toEqual({ TF_CPP_MIN_LOG_LEVEL: '2' });
  });

  test('what a user has set stays, and it is put back when loading fails', () => {
    const own = { TF_FORCE_GPU_ALLOW_GROWTH: 'false', TF_DETERMINISTIC_OPS: '0', TF_CPP_MIN_LOG_LEVEL: '0' };
    expect(during({ card: card() }, { ...own }).seen).toMatchObject(own);
    const environment: Record<string, string | undefined> = { CUDA_VISIBLE_DEVICES: '3' };
    const fail = () => {
      throw new Error('no');
    };
    expect(() => withDevice({}, fail, environment)).toThrow('no');
    expect(environment['CUDA_VISIBLE_DEVICES']).toBe('3');
  });
});
