import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { moduleNames } from './binding.js';
import { findEngine } from './cache.js';
import { elfOf } from './fixtures/elf.js';
import { close, fakeWheel, listen, serveIndex, type Workspace, workspace } from './fixtures/wheels.js';
import { installEngine as installWith, type InstallOptions } from './install.js';
import { installWatched } from './install-watched.js';
import type { LockedEngine } from './lock.js';

const installed = findEngine();
if (!installed) console.warn('what a use of an engine removes is not tested: the engine is not installed');

let work: Workspace;
let engines: string;

beforeEach(() => {
  work = workspace();
  engines = join(work.folder, 'engine');
  vi.stubEnv('COUNTERWEIGHT_CACHE', work.folder);
  vi.stubEnv('CXX', work.compiler);
  vi.stubEnv('PIP_FIND_LINKS', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  work[Symbol.dispose]();
});

/** Without modules that come with the package, which a clone may have or not, and without waiting. */
const installEngine = (options: InstallOptions, entry: LockedEngine) =>
  installWith({ retryAfter: [], ...options }, entry, join(work.folder, 'no-prebuilt'));

/** What lies where engines are; an engine that is complete is called so. */
const lying = () =>
  existsSync(engines)
    ? readdirSync(engines).map((name) => (existsSync(join(engines, name, 'complete')) ? 'complete' : name))
    : [];
const atHand = (bytes: Uint8Array) => {
  const file = join(work.folder, 'a.whl');
  writeFileSync(file, bytes);
  return file;
};

describe('a wheel becomes an engine', () => {
  test('from a file, whatever its name', async () => {
    const { entry, bytes } = fakeWheel();
    const engine = await installEngine({ from: atHand(bytes) }, entry);
    expect(findEngine('cpu', entry)).toEqual(engine);
    expect(readFileSync(join(engine.folder, 'lib/libtensorflow_cc.so.2'))).toHaveLength(300_000);
    expect(readFileSync(engine.backendModule, 'utf8')).toBe('module\n');
    expect(lying()).toEqual(['complete']);
  });

  test.each([false, true])('from an index (HTML: %s), and a second time asks nobody', async (html) => {
    const fake = fakeWheel();
    await using index = await serveIndex(fake, { html });
    const phases = new Set<string>();
    const onProgress = ({ phase }: { phase: string }) => phases.add(phase);
    const engine = await installEngine({ index: index.url, onProgress }, fake.entry);
    expect([...phases]).toEqual(['download', 'check', 'unpack', 'compile']);
    expect(index.requests).toHaveLength(2);
    expect(await installEngine({ index: index.url }, fake.entry)).toEqual(engine);
    expect(index.requests).toHaveLength(2);
  });

  test('from a folder that pip searches, without an index', async () => {
    const { entry, wheel, bytes } = fakeWheel();
    const links = join(work.folder, 'links');
    mkdirSync(links);
    writeFileSync(join(links, wheel.file), bytes);
    vi.stubEnv('PIP_FIND_LINKS', `/nowhere ${links}`);
    vi.stubEnv('PIP_NO_INDEX', '1');
    await installEngine({}, entry);
    expect(lying()).toEqual(['complete']);
  });

  test('with the credentials of the index’s URL, which no message shows', async () => {
    const fake = fakeWheel();
    await using index = await serveIndex(fake, { file: (_, response) => response.writeHead(403).end() });
    const url = index.url.replace('127', 'me:p%40ss@127');
    const failure = await installEngine({ index: url }, fake.entry).catch((error: unknown) => String(error));
    expect(failure).toMatch(/engine-download-failed[^]*HTTP status 403/);
    expect(failure).not.toMatch(/p(@|%40)ss/);
    const expected = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(index.requests.every((request) => request.endsWith(expected))).toBe(true);
    expect(index.requests).toHaveLength(2);
  });

  test('through the proxy of the environment', async () => {
    const fake = fakeWheel();
    await using index = await serveIndex(fake);
    const targets: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      targets.push(request.url ?? '');
      const upstream = connect(index.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
    });
    vi.stubEnv('http_proxy', `http://127.0.0.1:${await listen(proxy)}`);
    vi.stubEnv('no_proxy', '');
    await installEngine({ index: 'http://packages.invalid/simple' }, fake.entry);
    await close(proxy);
    expect(new Set(targets)).toEqual(new Set(['packages.invalid:80']));
  });
});

describe('nothing is left behind by', () => {
  const failing = async (promise: Promise<unknown>, code: string) => {
    await expect(promise).rejects.toMatchObject({ code, exit: 5 });
    expect(lying()).toEqual([]);
  };

  test('a wheel with another hash', async () => {
    const { entry, bytes } = fakeWheel({ sha256: '0'.repeat(64) });
    await failing(installEngine({ from: atHand(bytes) }, entry), 'engine-wheel-damaged');
  });

  test('a wheel that is cut off', async () => {
    const { entry, bytes } = fakeWheel();
    await failing(installEngine({ from: atHand(bytes.subarray(0, -100)) }, entry), 'engine-wheel-damaged');
  });

  test('a member with another hash', async () => {
    const { wheel } = fakeWheel();
    const members = wheel.members.map((member) => ({ ...member, sha256: '0'.repeat(64) }));
    const { entry, bytes } = fakeWheel({ members });
    await failing(installEngine({ from: atHand(bytes) }, entry), 'engine-wheel-damaged');
  });

  test('an index that is not there', async () => {
    const server = createServer();
    const port = await listen(server);
    await close(server);
    const url = `http://127.0.0.1:${port}/simple`;
    await failing(installEngine({ index: url }, fakeWheel().entry), 'engine-download-failed');
  });

  test('an index without the wheel', async () => {
    await using index = await serveIndex(fakeWheel({ file: 'another.whl' }));
    await failing(installEngine({ index: index.url }, fakeWheel().entry), 'engine-wheel-not-offered');
  });

  test('a missing file', async () => {
    await failing(installEngine({ from: '/nowhere/a.whl' }, fakeWheel().entry), 'engine-wheel-missing');
  });

  test('a disk that is too small', async () => {
    const { entry } = fakeWheel({ size: 1e18 });
    await failing(installEngine({ from: '/nowhere/a.whl' }, entry), 'engine-disk-full');
  });
});

test('without a compiler nothing is fetched', async () => {
  const fake = fakeWheel();
  await using index = await serveIndex(fake);
  vi.stubEnv('CXX', '');
  vi.stubEnv('PATH', work.folder + '/nowhere');
  await expect(installEngine({ index: index.url }, fake.entry)).rejects.toMatchObject({
    code: 'engine-compiler-missing',
    found: expect.stringMatching(/^none of c\+\+, g\+\+, clang\+\+ runs; prebuilt modules: none/) as string,
  });
  expect(index.requests).toEqual([]);
});

describe('modules that come with the package', () => {
  const withPrebuilt = (description: Parameters<typeof elfOf>[0]) => {
    const folder = join(work.folder, 'prebuilt');
    mkdirSync(folder);
    const { backendModule, standardErrorModule } = moduleNames(folder);
    for (const file of [backendModule, standardErrorModule]) writeFileSync(file, elfOf(description));
    vi.stubEnv('CXX', '');
    vi.stubEnv('PATH', join(work.folder, 'nowhere'));
    return folder;
  };

  test('are used, and no compiler is', async () => {
    const { entry, bytes } = fakeWheel();
    const prebuilt = withPrebuilt({ imports: [{ name: 'TF_Version' }] });
    const phases = new Set<string>();
    const onProgress = ({ phase }: { phase: string }) => phases.add(phase);
    const engine = await installWith({ from: atHand(bytes), onProgress }, entry, prebuilt);
    expect([...phases]).toEqual(['check', 'unpack']);
    expect(readFileSync(engine.backendModule)).toEqual(readFileSync(moduleNames(prebuilt).backendModule));
    expect(findEngine('cpu', entry)).toEqual(engine);
  });

  test.runIf(process.platform === 'linux')('that need a newer C library, and no compiler: both are named', async () => {
    const { entry } = fakeWheel();
    const prebuilt = withPrebuilt({ needs: { 'libc.so.6': ['GLIBC_99.1'] } });
    await expect(installWith({ from: '/nowhere' }, entry, prebuilt)).rejects.toMatchObject({
      code: 'engine-compiler-missing',
      found: expect.stringMatching(/^none of c\+\+, .* need GLIBC_99\.1; this machine has GLIBC_2/) as string,
    });
  });

  test('of other sources are left alone, and a compiler is used', async () => {
    const { entry, bytes } = fakeWheel();
    const prebuilt = join(work.folder, 'prebuilt');
    mkdirSync(prebuilt);
    writeFileSync(join(prebuilt, 'tfjs-0123456789ab.node'), '');
    const engine = await installWith({ from: atHand(bytes) }, entry, prebuilt);
    expect(readFileSync(engine.backendModule, 'utf8')).toBe('module\n');
  });
});

test('after a failed compilation only the compilation is repeated', async () => {
  const { entry, bytes } = fakeWheel();
  const working = readFileSync(work.compiler, 'utf8');
  writeFileSync(work.compiler, '#!/bin/sh\n[ "$1" = --version ] && exit\necho "no such header" >&2; exit 1\n');
  await expect(installEngine({ from: atHand(bytes) }, entry)).rejects.toMatchObject({
    code: 'engine-compilation-failed',
    found: expect.stringContaining('no such header') as string,
  });
  expect(findEngine('cpu', entry)).toBeUndefined();
  expect(lying()).toEqual(['complete']);
  writeFileSync(work.compiler, working);
  await installEngine({ from: '/nowhere/a.whl' }, entry);
  expect(findEngine('cpu', entry)).toBeDefined();
});

test.each([
  ['a file', (path: string) => writeFileSync(path, '')],
  ['a link to itself', (path: string) => symlinkSync(path, path)],
  ['a link to nowhere', (path: string) => symlinkSync(join(path, '..', 'nowhere', 'deep'), path)],
])('a cache that is %s is an error that names it', async (_, make) => {
  const file = join(work.folder, 'cache');
  make(file);
  vi.stubEnv('COUNTERWEIGHT_CACHE', file);
  await expect(installEngine({ from: '/nowhere/a.whl' }, fakeWheel().entry)).rejects.toMatchObject({
    code: 'engine-cache-unwritable',
    found: expect.stringContaining(file) as string,
  });
});

test('of several at once each returns the same engine', async () => {
  const { entry, bytes } = fakeWheel();
  const from = atHand(bytes);
  const found = await Promise.all(Array.from({ length: 4 }, () => installEngine({ from }, entry)));
  for (const engine of found) expect(engine).toEqual(found[0]);
  expect(lying()).toEqual(['complete']);
});

test.skipIf(!installed)('a use of an engine that is there removes what dead installations left beside it', async () => {
  const name = basename(installed!.folder);
  mkdirSync(join(engines, 'partial-abc', name), { recursive: true });
  symlinkSync(installed!.folder, join(engines, name));
  expect((await installWatched('cpu', undefined)).folder).toBe(join(engines, name));
  expect(lying()).toEqual(['complete']);
});

test('an engine’s folder that is not complete is replaced', async () => {
  const { entry, bytes } = fakeWheel();
  const from = atHand(bytes);
  const { folder } = await installEngine({ from }, entry);
  rmSync(join(folder, 'complete'));
  rmSync(join(folder, 'lib'), { recursive: true });
  await installEngine({ from }, entry);
  expect(existsSync(join(folder, 'lib/libtensorflow_cc.so.2'))).toBe(true);
});
