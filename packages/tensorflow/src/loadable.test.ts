import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { bindingFiles } from './binding.js';
import { type ElfDescription, elfOf } from './fixtures/elf.js';
import { compareVersions, loadability, requireLoadable } from './loadable.js';
import { isMusl } from './system-libraries.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'counterweight-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const libraries = ['lib/libtensorflow_framework.so.2', 'lib/libtensorflow_cc.so.2'];

/** An engine whose files say what they need, and nothing else. */
function engineOf(binding: ElfDescription, framework: ElfDescription = {}, cc: ElfDescription = {}) {
  const files = bindingFiles(folder);
  const engine = { device: 'cpu' as const, folder, version: '0.0.1', ...files };
  const write = (file: string, description: ElfDescription) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, elfOf(description));
  };
  write(files.backendModule, binding);
  write(files.standardErrorModule, {});
  write(join(folder, libraries[0]!), framework);
  write(join(folder, libraries[1]!), cc);
  return engine;
}

const importing = {
  needs: { 'libc.so.6': ['GLIBC_2.2.5'], 'libtensorflow_cc.so.2': ['tensorflow'] },
  imports: [
    { name: 'TF_Dim' },
    { name: 'TFE_NewOp', version: 'tensorflow' },
    { name: 'memcpy', version: 'GLIBC_2.2.5' },
    { name: 'napi_create_object' },
    { name: '__gmon_start__', weak: true },
  ],
};

describe.runIf(process.platform === 'linux')('an engine', () => {
  test.runIf(process.arch === 'x64')('whose imports are all there is good, whichever library has them', () => {
    const engine = engineOf(importing, { exports: ['TF_Dim'] }, { exports: ['TFE_NewOp', 'TF_Other'] });
    const findings = loadability(engine, { libraries });
    expect(findings.map(({ name, good }) => [name, good])).toEqual([
      ['glibc', true],
      ['symbols', true],
    ]);
    expect(findings[1]?.needed).toBe('the 2 that the binding imports');
  });

  test('that lacks a function is bad, and the function is named', () => {
    const engine = engineOf(importing, { exports: ['TF_Dim'] }, { exports: ['TF_Other'] });
    const symbols = loadability(engine, { libraries }).find(({ name }) => name === 'symbols');
    expect(symbols).toMatchObject({ good: false, found: 'without TFE_NewOp' });
  });

  test('one of whose libraries needs a newer C library is bad, and both versions are named', () => {
    const engine = engineOf({}, {}, { needs: { 'libm.so.6': ['GLIBC_2.999', 'GLIBC_2.2.5'] } });
    expect(loadability(engine, { libraries })[0]).toMatchObject({
      name: 'glibc',
      found: expect.stringMatching(/^GLIBC_2\.\d+, without GLIBC_2\.999$/) as string,
      needed: 'GLIBC_2.999',
      good: false,
    });
  });

  test('that needs a library which this machine has not is bad, and the library is named', () => {
    const engine = engineOf({ needs: { 'libstdc++.so.99': ['GLIBCXX_3.4'] } });
    expect(loadability(engine, { libraries })[0]).toMatchObject({ found: 'no libstdc++.so.99', good: false });
  });

  test('with a file that is broken or missing is bad, and nothing is thrown but the error that says so', () => {
    const engine = engineOf({});
    writeFileSync(join(folder, libraries[1]!), 'not a library '.repeat(9));
    expect(loadability(engine, { libraries })).toMatchObject([{ found: 'not an ELF file', good: false }]);
    rmSync(engine.backendModule);
    expect(loadability(engine, { libraries })).toMatchObject([{ found: expect.stringContaining('ENOENT') as string }]);
    expect(() => {
      requireLoadable(engine);
    }).toThrow(/engine-load-failed[^]*ENOENT/);
  });
});

test('versions are compared by their numbers', () => {
  const sorted = ['GLIBC_2.2.5', 'GLIBC_2.14', 'GLIBC_2.17', 'GLIBC_2.27', 'GLIBC_3'];
  expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  expect(compareVersions('GLIBC_2.2', 'GLIBC_2.2')).toBe(0);
});

test.runIf(process.platform === 'linux')('musl is told by the loader that a program asks for', () => {
  const program = join(folder, 'node');
  for (const [interpreter, musl] of [
    ['/lib/ld-musl-x86_64.so.1', true],
    ['/lib64/ld-linux-x86-64.so.2', false],
  ] as const) {
    writeFileSync(program, elfOf({ interpreter }));
    expect(isMusl(program)).toBe(musl);
  }
});
