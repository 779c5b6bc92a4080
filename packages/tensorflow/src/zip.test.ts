import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { sha256, zipOf } from './fixtures/wheels.js';
import { readZip, unpackMember } from './zip.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'counterweight-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const write = (bytes: Uint8Array) => {
  const file = join(folder, 'a.zip');
  writeFileSync(file, bytes);
  return file;
};

test('every member comes out as it went in', async () => {
  const members = fc.array(fc.tuple(fc.stringMatching(/^[a-zé/]{1,12}$/), fc.uint8Array({ maxLength: 2000 })));
  await fc.assert(
    fc.asyncProperty(members, async (pairs) => {
      const wanted = new Map(pairs);
      const file = write(zipOf(wanted));
      const found = await readZip(file);
      expect([...found.keys()]).toEqual([...wanted.keys()]);
      for (const [name, member] of found) {
        const to = join(folder, 'deep', 'member');
        expect(await unpackMember(file, member, to)).toBe(sha256(wanted.get(name)!));
        expect(new Uint8Array(readFileSync(to))).toEqual(wanted.get(name));
      }
    }),
    { numRuns: 30 },
  );
});

test('a file that is cut off or not a zip is an error, wherever it is cut', async () => {
  const bytes = zipOf(new Map([['a', Buffer.alloc(5000, 'x')]]));
  for (const length of [0, 1, 21, bytes.length - 23, bytes.length - 1])
    await expect(readZip(write(bytes.subarray(0, length)))).rejects.toThrow(/zip|cut off/);
});

test('a damaged member is an error or another hash, never a silent success', async () => {
  const content = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i) % 251));
  const bytes = zipOf(new Map([['a', content]]));
  const member = (await readZip(write(bytes))).get('a')!;
  for (let at = 31; at < 31 + member.packed; at += 97) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x55;
    const hash = await unpackMember(write(damaged), member, join(folder, 'out')).catch(() => 'an error');
    expect(hash).not.toBe(sha256(content));
  }
});
