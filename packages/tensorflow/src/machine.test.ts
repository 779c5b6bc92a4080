import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { lockedEngine, lockId, readLock } from './lock.js';
import { freeRoom, lackingInstructions, neededRoom, requireNode } from './machine.js';

test.each(['18.20.1', '20.18.9', '20.9.0'])('Node %s is refused', (version) => {
  expect(() => requireNode(version)).toThrow(`Node ${version}`);
});

test.each(['20.19.0', '21.0.0', '26.1.0'])('Node %s is accepted', (version) => {
  expect(() => requireNode(version)).not.toThrow();
});

test.runIf(process.arch === 'x64')('a processor without AVX is seen before TensorFlow aborts', () => {
  expect(lackingInstructions('processor: 0\nflags\t\t: fpu sse4_2 avx avx2\n')).toEqual([]);
  expect(lackingInstructions('flags\t\t: fpu sse4_2\n')).toEqual(['avx']);
});

test('free room is that of the nearest folder that exists', async () => {
  expect(await freeRoom(join(tmpdir(), 'not', 'there'))).toBeGreaterThan(0);
});

test('an unknown platform is refused by name, with those that there are', () => {
  expect(() => lockedEngine('cpu', 'plan9-mips')).toThrow(/plan9-mips[^]*linux-x64/);
});

test.each([
  ['win32-x64', /wsl --install/],
  ['linux-x64-musl', /glibc/],
  ['darwin-x64', /Linux container/],
  ['linux-riscv64', /such a kind/],
])('%s: the error says what to use instead', (platform, instead) => {
  expect(() => lockedEngine('cpu', platform)).toThrow(instead);
});

test('a GPU on a platform that has an engine without: the error says to leave it out', () => {
  expect(() => lockedEngine('gpu', 'darwin-arm64')).toThrow(/darwin-arm64-gpu[^]*leave the GPU out/);
});

test('NVIDIA’s licence is named, and its text unpacked, wherever its libraries are', () => {
  const { notice, wheels } = lockedEngine('gpu', 'linux-x64');
  expect(notice).toContain('End User License Agreement');
  for (const { project, members } of wheels.filter((wheel) => wheel.project.startsWith('nvidia-')))
    expect([project, members.filter(({ to }) => /^nvidia\/\w+\/License\.txt$/.test(to)).length]).toEqual([project, 1]);
  expect(lockedEngine('cpu', 'linux-x64').notice).toBeUndefined();
});

test('every engine of the lock pins what it unpacks and links', () => {
  for (const [platform, entry] of Object.entries(readLock())) {
    expect(platform).toMatch(/^[a-z0-9]+-[a-z0-9]+(-gpu)?$/);
    const members = entry.wheels.flatMap((wheel) => [...wheel.members]);
    for (const { sha256, size } of [...entry.wheels, ...members]) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(size).toBeGreaterThan(0);
    }
    for (const { to } of members) expect(to).toMatch(/^(lib|include|nvidia)\/[\w./-]+$/);
    expect(members.map(({ to }) => to)).toEqual(expect.arrayContaining([...entry.libraries]));
    expect(neededRoom(entry)).toBeGreaterThan(9e8);
  }
});

test('other bytes, another folder', () => {
  const entry = lockedEngine('cpu', 'linux-x64');
  const [wheel] = entry.wheels;
  expect(lockId({ ...entry, wheels: [{ ...wheel!, sha256: '0'.repeat(64) }] })).not.toBe(lockId(entry));
});
