import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { Packed } from './stage.js';
import { tarballFaults } from './tarball-rules.js';

const FILES = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'dist/index.d.ts',
  'dist/index.js',
  'package.json',
  'src/index.ts',
];

/** A package that keeps every rule, changed. */
function packed(change: Partial<Packed> = {}, manifest: Partial<Packed['manifest']> = {}): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'index.js.map'), '{ "sources": ["../src/index.ts"] }');
  return {
    name: 'x',
    folder,
    tarball: join(folder, 'x.tgz'),
    files: FILES,
    size: 1000,
    unpackedSize: 4000,
    ...change,
    manifest: { name: 'x', version: '1.0.0', ...manifest },
  };
}

const without = (name: string): readonly string[] => FILES.filter((file) => file !== name);

test('a package that keeps the rules has no fault', () => {
  expect(tarballFaults(packed())).toEqual([]);
});

test.each<[fault: string, () => Packed]>([
  ['LICENSE is missing', () => packed({ files: without('LICENSE') })],
  ['dist/index.test.js does not belong there', () => packed({ files: [...FILES, 'dist/index.test.js'] })],
  ['the lifecycle script postinstall', () => packed({}, { scripts: { postinstall: 'node install.js' } })],
  ['dist is missing', () => packed({ files: without('dist/index.js') })],
  ['dist/index.js has no types', () => packed({ files: without('dist/index.d.ts') })],
  ['names src/index.ts, which is not there', () => packed({ files: without('src/index.ts') })],
  ['without a NOTICE', () => packed({ files: [...FILES, 'vendor/other.cjs'] })],
  ['2000000 bytes', () => packed({ size: 2_000_000 })],
  ['cannot be resolved by a stranger', () => packed({}, { dependencies: { '@counterweight/core': '0.1.0' } })],
  ['cannot be resolved by a stranger', () => packed({}, { peerDependencies: { other: 'workspace:*' } })],
])('%s', (fault, broken) => {
  expect(tarballFaults(broken()).join()).toContain(fault);
});
