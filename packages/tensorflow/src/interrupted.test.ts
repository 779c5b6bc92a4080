import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { findEngine } from './cache.js';
import { installing } from './fixtures/installing.js';
import { fakeEngine, rangeOf, serveIndex, type Workspace, workspace } from './fixtures/wheels.js';
import { installEngine as installWith, type InstallOptions } from './install.js';
import type { LockedEngine } from './lock.js';
import { freeRoom, neededRoom } from './machine.js';

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

const installEngine = (options: InstallOptions, entry: LockedEngine) =>
  installWith({ retryAfter: [], ...options }, entry, join(work.folder, 'no-prebuilt'));
const lying = () => (existsSync(engines) ? readdirSync(engines).map((name) => name.replace(/-.*/, '')) : []);

/** What is found is whole: every member has its bytes, and the modules are there. */
function expectWholeOrNone(entry: LockedEngine): boolean {
  const engine = findEngine('cpu', entry);
  if (engine === undefined) return false;
  for (const { to, sha256 } of entry.wheels.flatMap(({ members }) => [...members]))
    expect(
      createHash('sha256')
        .update(readFileSync(join(engine.folder, to)))
        .digest('hex'),
    ).toBe(sha256);
  expect(readFileSync(engine.backendModule, 'utf8')).toBe('module\n');
  expect(readFileSync(engine.standardErrorModule, 'utf8')).toBe('module\n');
  return true;
}

/** In small pieces, so that there are many moments between the first byte and the last. */
const slowly: NonNullable<Parameters<typeof serveIndex>[1]>['file'] = (request, response, bytes) => {
  const rest = rangeOf(request, response, bytes);
  const send = (at: number) => {
    if (at >= rest.length) response.end();
    else if (!response.destroyed)
      response.write(rest.subarray(at, at + 20_000), () => setTimeout(send, 1, at + 20_000));
  };
  send(0);
};

const module = fileURLToPath(new URL('../dist/install.js', import.meta.url));

const at = (word: number) => (told: number) => told >= word;
const never = () => false;

describe.skipIf(!existsSync(module))('killed', () => {
  test('in the middle of a download, another process goes on there', async () => {
    const { entry, wheels } = fakeEngine(1);
    let stall = true;
    await using index = await serveIndex(wheels, {
      file: (request, response, bytes) => {
        const rest = rangeOf(request, response, bytes);
        if (stall) response.write(rest.subarray(0, 40_000));
        else response.end(rest);
      },
    });
    const downloaded = () =>
      lying().length > 0 &&
      readdirSync(engines, { recursive: true, encoding: 'utf8' }).some(
        (name) => name.endsWith('.whl') && statSync(join(engines, name)).size === 40_000,
      );
    const { killed } = await installing({ module, entry, index: index.url }, downloaded);
    stall = false;
    expect([killed, lying()]).toEqual([true, ['tmp']]);
    await installEngine({ index: index.url }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
    expect(
      index.requests.filter((request) => request.includes('/files/')).map((request) => request.split(' ')[2]),
    ).toEqual([undefined, 'bytes=40000-']);
  });

  test('again and again, each time later, it goes on until it is whole', async () => {
    const { entry, wheels } = fakeEngine(2);
    await using index = await serveIndex(wheels, { file: slowly });
    let kills = 0;
    for (let killAt = 2, done = false; !done; killAt += 4) {
      const { killed, code } = await installing({ module, entry, index: index.url }, at(killAt));
      expect(expectWholeOrNone(entry)).toBe(!killed);
      done = !killed;
      if (killed) kills++;
      else expect(code).toBe(0);
    }
    expect(kills).toBeGreaterThan(1);
    expect(lying()).toEqual(['tensorflow']);
    // No wheel is asked for once its successor is, and none from farther ahead than before.
    const asked = index.requests.filter((request) => request.includes('/files/'));
    const places = asked.map((request) => [
      wheels.findIndex(({ wheel }) => request.includes(wheel.file)),
      Number(/bytes=(\d+)-/.exec(request)?.[1] ?? 0),
    ]);
    expect(places).toEqual([...places].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d));
  });

  test.each([3, 11])('at its %i. word, then whole by another process and from another source', async (killAt) => {
    const { entry, wheels } = fakeEngine(2);
    await using index = await serveIndex(wheels, { file: slowly });
    const { killed } = await installing({ module, entry, index: index.url }, at(killAt));
    expect(expectWholeOrNone(entry)).toBe(!killed);
    const folder = join(work.folder, 'wheels');
    mkdirSync(folder);
    for (const { wheel, bytes } of wheels) writeFileSync(join(folder, wheel.file), bytes);
    await installEngine({ from: folder }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
    expect(lying()).toEqual(['tensorflow']);
  });

  test('while it compiles: only that is done again', async () => {
    const { entry, wheels } = fakeEngine(1);
    await using index = await serveIndex(wheels);
    const working = readFileSync(work.compiler, 'utf8');
    writeFileSync(work.compiler, working.replace('\n', '\n[ "$1" = --version ] || kill -9 $PPID\n'));
    const { killed } = await installing({ module, entry, index: index.url }, never);
    expect([killed, expectWholeOrNone(entry), lying()]).toEqual([true, false, ['tensorflow']]);
    writeFileSync(work.compiler, working);
    const before = index.requests.length;
    const { folder } = await installEngine({ index: index.url }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
    expect(index.requests).toHaveLength(before);
    expect(readdirSync(join(folder, 'binding')).every((name) => name.endsWith('.node'))).toBe(true);
  });

  test('while another installs: that one is whole, and leaves nothing of the dead one', async () => {
    const { entry, wheels } = fakeEngine(2);
    await using index = await serveIndex(wheels, { file: slowly });
    const install = (killWhen: (told: number) => boolean) => installing({ module, entry, index: index.url }, killWhen);
    let other: ReturnType<typeof install> | undefined;
    const one = await install((told) => {
      if (told > 0) other ??= install(never);
      return told >= 6;
    });
    expect([one.killed, (await other)?.code]).toEqual([true, 0]);
    expect(expectWholeOrNone(entry)).toBe(true);
    await installEngine({ index: 'http://127.0.0.1:9/' }, entry); // asks nobody
    expect(lying()).toEqual(['tensorflow']);
  });

  test('by nobody, three at once: all end well', async () => {
    const { entry, wheels } = fakeEngine(2);
    await using index = await serveIndex(wheels, { file: slowly });
    const ends = await Promise.all([1, 2, 3].map(() => installing({ module, entry, index: index.url }, never)));
    expect(ends.map(({ code, said }) => [code, said])).toEqual(Array(3).fill([0, '']));
    expect(expectWholeOrNone(entry)).toBe(true);
    expect(lying()).toEqual(['tensorflow']);
  });
});

describe('failed', () => {
  test('in the second wheel: the first is not asked for again', async () => {
    const { entry, wheels } = fakeEngine(2);
    let broken = true;
    await using index = await serveIndex(wheels, {
      file: (request, response, bytes) => {
        if (broken && request.url?.includes('x1')) response.writeHead(503).end();
        else response.end(bytes);
      },
    });
    await expect(installEngine({ index: index.url }, entry)).rejects.toMatchObject({ code: 'engine-download-failed' });
    expect(lying()).toEqual(['partial']);
    expect(expectWholeOrNone(entry)).toBe(false);
    broken = false;
    await installEngine({ index: index.url }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
    expect(lying()).toEqual(['tensorflow']);
    expect(index.requests.filter((request) => request.includes('x0_cu12'))).toHaveLength(1);
  });

  test('what another engine had unpacked stays for that', async () => {
    const [one, other] = [fakeEngine(2), fakeEngine(1)];
    await using index = await serveIndex(one.wheels, {
      file: (request, response, bytes) =>
        request.url?.includes('x1') ? response.writeHead(503).end() : response.end(bytes),
    });
    await expect(installEngine({ index: index.url }, one.entry)).rejects.toThrow('503');
    await installEngine({ index: index.url }, other.entry);
    expect(lying().sort()).toEqual(['partial', 'tensorflow']);
  });

  test('a part of a download that was of other bytes is fetched anew', async () => {
    const { entry, wheels } = fakeEngine(1);
    const [{ bytes }] = wheels as [(typeof wheels)[number]];
    const damaged = Buffer.from(bytes);
    damaged[100]! ^= 1;
    let first = true;
    await using index = await serveIndex(wheels, {
      file: (request, response) => {
        const rest = rangeOf(request, response, first ? damaged : bytes);
        if (!first) response.end(rest);
        else response.write(rest.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 100));
        first = false;
      },
    });
    await expect(installEngine({ index: index.url }, entry)).rejects.toMatchObject({ code: 'engine-download-failed' });
    await installEngine({ index: index.url }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
  });

  test('a server whose file changes between two tries: it is fetched anew at once', async () => {
    const { entry, wheels } = fakeEngine(1);
    const [{ bytes }] = wheels as [(typeof wheels)[number]];
    const damaged = Buffer.from(bytes);
    damaged[100]! ^= 1;
    await using index = await serveIndex(wheels, {
      file: (request, response) => {
        const first = index.requests.length === 2; // the page, and this
        const rest = rangeOf(request, response, first ? damaged : bytes);
        if (!first) response.end(rest);
        else response.write(rest.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 100));
      },
    });
    await installEngine({ index: index.url, retryAfter: [0] }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
    expect(index.requests.slice(1).map((request) => request.split(' ')[2])).toEqual([
      undefined,
      'bytes=50000-',
      undefined,
    ]);
  });

  test('a server whose rest never fits is not asked for ever', async () => {
    const { entry, wheels } = fakeEngine(1);
    await using index = await serveIndex(wheels, {
      file: (request, response, bytes) => {
        const rest = rangeOf(request, response, bytes);
        if (request.headers.range !== undefined) response.end(Buffer.alloc(rest.length));
        else response.write(rest.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 100));
      },
    });
    await expect(installEngine({ index: index.url, retryAfter: [0] }, entry)).rejects.toMatchObject({
      code: 'engine-wheel-damaged',
    });
    expect(lying()).toEqual([]);
  });

  test('a wheel whose unpacked files were lost is unpacked again', async () => {
    const { entry, wheels } = fakeEngine(2);
    await using index = await serveIndex(wheels.slice(0, 1));
    await expect(installEngine({ index: index.url }, entry)).rejects.toMatchObject({
      code: 'engine-wheel-not-offered',
    });
    const [partial] = readdirSync(engines);
    const [id] = readdirSync(join(engines, partial!)).filter((name) => name.startsWith('tensorflow'));
    writeFileSync(join(engines, partial!, id!, 'nvidia/x0/lib/liba.so'), ''); // as after a power failure
    await using all = await serveIndex(wheels);
    await installEngine({ index: all.url }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
  });

  test('a given file that is no wheel of this engine is refused before anything is fetched', async () => {
    const { entry, wheels } = fakeEngine(2);
    await using index = await serveIndex(wheels);
    const from = join(work.folder, 'other.whl');
    writeFileSync(from, '');
    for (const given of [from, work.folder])
      await expect(installEngine({ from: given, index: index.url }, entry)).rejects.toMatchObject({
        code: 'engine-wheel-missing',
        found: expect.stringContaining(given) as string,
      });
    expect(index.requests).toEqual([]);
    expect(lying()).toEqual([]);
  });
});

describe('disks', () => {
  /** A file system of 24 MB in memory; undefined where this user may not mount one. */
  function smallDisk(): (Disposable & { readonly folder: string; readonly: () => void }) | undefined {
    const folder = join(work.folder, 'disk');
    mkdirSync(folder);
    const mount = (options: string) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
    try {
      mount('size=24m');
    } catch {
      return undefined;
    }
    return {
      folder,
      readonly: () => {
        mount('remount,ro,size=24m');
      },
      [Symbol.dispose]: () => {
        execFileSync('umount', ['-l', folder]);
      },
    };
  }

  test('one that fills up while unpacking: told as such, nothing stays, and with room again it succeeds', async ({
    skip,
  }) => {
    using disk = smallDisk() ?? skip('file systems cannot be mounted here');
    vi.stubEnv('COUNTERWEIGHT_CACHE', disk.folder);
    const { entry, wheels } = fakeEngine(2);
    const from = join(work.folder, 'wheels');
    mkdirSync(from);
    for (const { wheel, bytes } of wheels) writeFileSync(join(from, wheel.file), bytes);
    const filler = join(disk.folder, 'filler');
    const fill = () => {
      if (existsSync(filler)) return;
      for (const size of [1 << 20, 1 << 16, 1 << 12])
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
        } catch {
          // Full, to the last such piece.
        }
    };
    await expect(
      installEngine({ from, onProgress: ({ phase }) => phase === 'unpack' && fill() }, entry),
    ).rejects.toMatchObject({ code: 'engine-disk-full', found: expect.stringContaining(disk.folder) as string });
    expect(readdirSync(join(disk.folder, 'engine'))).toEqual([]);
    rmSync(filler);
    await installEngine({ from }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
  });

  test('one with just enough room: what an interrupted installation left there is not counted twice', async ({
    skip,
  }) => {
    using disk = smallDisk() ?? skip('file systems cannot be mounted here');
    vi.stubEnv('COUNTERWEIGHT_CACHE', disk.folder);
    const { entry, wheels } = fakeEngine(2);
    let broken = true;
    await using index = await serveIndex(wheels, {
      file: (request, response, bytes) => {
        const rest = rangeOf(request, response, bytes);
        if (broken) response.write(rest.subarray(0, 90_000), () => setTimeout(() => response.destroy(), 100));
        else response.end(rest);
      },
    });
    const spare = 40_000;
    writeFileSync(join(disk.folder, 'filler'), Buffer.alloc((await freeRoom(disk.folder)) - neededRoom(entry) - spare));
    await expect(installEngine({ index: index.url }, entry)).rejects.toMatchObject({ code: 'engine-download-failed' });
    broken = false;
    await installEngine({ index: index.url }, entry);
    expect(expectWholeOrNone(entry)).toBe(true);
  });

  test('one that may only be read: told as such; an engine that lies there is found and used', async ({ skip }) => {
    using disk = smallDisk() ?? skip('file systems cannot be mounted here');
    vi.stubEnv('COUNTERWEIGHT_CACHE', disk.folder);
    const { entry, wheels } = fakeEngine(1);
    await using index = await serveIndex(wheels);
    const engine = await installEngine({ index: index.url }, entry);
    disk.readonly();
    expect(await installEngine({}, entry)).toEqual(engine);
    await expect(installEngine({ index: index.url }, fakeEngine(2).entry)).rejects.toMatchObject({
      code: 'engine-cache-unwritable',
      found: expect.stringContaining(disk.folder) as string,
    });
    expect(statSync(engine.backendModule).size).toBeGreaterThan(0);
  });
});
