/** docs/use-from-code.md, as somebody would run it: the built packages, one process of Node, an empty folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { resolvedRun } from '@counterweight/core';
import * as runner from '@counterweight/runner';
import ts from 'typescript';
import { expect, test } from 'vitest';

import { ROOT } from './packages.js';

const page = readFileSync(join(ROOT, 'docs', 'use-from-code.md'), 'utf8');
const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);

test('every example runs; runs whose plugins are packages say so', { timeout: 120_000 }, () => {
  const cache = join(ROOT, 'docs', '.cache', 'use-from-code');
  mkdirSync(cache, { recursive: true });
  const cwd = mkdtempSync(join(tmpdir(), 'use-from-code-'));
  try {
    const files = blocks.map((code, i) => {
      const file = join(cache, `${i}.mjs`);
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      writeFileSync(file, outputText);
      return pathToFileURL(file).href;
    });
    // One process: the engine is loaded once.
    writeFileSync(join(cache, 'all.mjs'), files.map((file) => `await import('${file}');\n`).join(''));
    execFileSync(process.execPath, [join(cache, 'all.mjs')], { cwd, stdio: 'pipe' });

    expect(readdirSync(join(cwd, 'runs')).sort()).toEqual(['first', 'margin', 'points', 'watched']);
    const uses = (run: string) =>
      resolvedRun
        .parse(JSON.parse(readFileSync(join(cwd, 'runs', run, 'resolved.json'), 'utf8')))
        .plugins.map(({ use }) => use);
    expect(uses('first')).toEqual(['@counterweight/data-synthetic', '@counterweight/cnn', '@counterweight/loss-focal']);
    expect(uses('points')).toEqual(['points', '@counterweight/cnn#mlp', '@counterweight/loss-focal']);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test('the examples compile', () => {
  const cache = join(ROOT, 'docs', '.cache', 'use-from-code');
  mkdirSync(cache, { recursive: true });
  const files = blocks.map((code, i) => {
    const file = join(cache, `${i}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  });
  const faults = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText, file }) => [file?.fileName, ts.flattenDiagnosticMessageText(messageText, '\n')]);
  expect(faults).toEqual([]);
});

test('every function that the table of commands names is exported', () => {
  const table = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| command'));
  const named = table.flatMap((line) =>
    [...line.split('|')[2]!.matchAll(/`(?:await )?(\w+)\(/g)].map(([, name]) => name!),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !(name in runner))).toEqual([]);
});
