import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Elf, withElf } from './elf.js';
import { type ElfDescription, elfOf } from './fixtures/elf.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'counterweight-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function reading<T>(bytes: Uint8Array, use: (elf: Elf) => T): T {
  const file = join(folder, 'file');
  writeFileSync(file, bytes);
  return withElf(file, use);
}
/** Everything that can be asked. */
const all = (elf: Elf) => [
  elf.interpreter,
  elf.needed(),
  elf.versionNeeds(),
  elf.versionDefinitions(),
  elf.imports(),
  elf.exports('TF_Version'),
];

const module: ElfDescription = {
  needed: ['libtensorflow_cc.so.2', 'libc.so.6'],
  needs: { 'libc.so.6': ['GLIBC_2.14', 'GLIBC_2.2.5'], 'libtensorflow_cc.so.2': ['tensorflow'] },
  definitions: ['module.so', 'V1'],
  imports: [
    { name: 'TF_Version', version: 'tensorflow' },
    { name: 'TF_Dim' },
    { name: 'memcpy', version: 'GLIBC_2.14' },
    { name: '__gmon_start__', weak: true },
  ],
  exports: ['napi_register_module_v1'],
};

test('everything that a linker wrote is found', () => {
  reading(elfOf(module), (elf) => {
    expect(elf.interpreter).toBeUndefined();
    expect(elf.needed()).toEqual(module.needed);
    expect(elf.versionNeeds()).toEqual([
      { library: 'libc.so.6', version: 'GLIBC_2.14' },
      { library: 'libc.so.6', version: 'GLIBC_2.2.5' },
      { library: 'libtensorflow_cc.so.2', version: 'tensorflow' },
    ]);
    expect(elf.versionDefinitions()).toEqual(['module.so', 'V1']);
    expect(elf.imports()).toEqual([
      { name: 'TF_Version', library: 'libtensorflow_cc.so.2' },
      { name: 'TF_Dim' },
      { name: 'memcpy', library: 'libc.so.6' },
    ]);
    expect(elf.exports('napi_register_module_v1')).toBe(true);
    expect(elf.exports('TF_Version')).toBe(false); // only imported
  });
});

test('a file exports the names that it was given, and no other', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z_]\w{0,20}$/), { maxLength: 40 });
  fc.assert(
    fc.property(names, names, (given, others) => {
      reading(elfOf({ exports: given, imports: [{ name: 'x' }] }), (elf) => {
        for (const name of given) expect(elf.exports(name)).toBe(true);
        for (const name of others) expect(elf.exports(name)).toBe(given.includes(name));
      });
    }),
  );
});

test('a file that was cut off or changed says so or is read, and nothing else happens', () => {
  const whole = elfOf({ ...module, interpreter: '/lib/ld-musl-x86_64.so.1' });
  const change = fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(whole.length), (changes, cut) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        reading(bytes, all);
        reading(bytes.subarray(0, cut), all);
      } catch (error) {
        expect(String(error)).toMatch(/^Error: (an|not an) ELF file/);
      }
    }),
    { numRuns: 500 },
  );
});

test.runIf(process.platform === 'linux')('Node’s own file is read', () => {
  withElf(process.execPath, (elf) => {
    expect(elf.interpreter).toMatch(/ld-/);
    expect(elf.versionNeeds().length).toBeGreaterThan(0);
    expect(elf.needed()).toContain('libc.so.6');
  });
});
