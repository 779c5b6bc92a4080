import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { main } from './cli.js';
import { KINDS } from './kinds.js';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'create-plugin-'));
  folder = join(root, 'new');
});
afterEach(() => rmSync(root, { recursive: true }));

/** The command, somebody typing these answers at its terminal; without any it has none. */
async function type(argv: readonly string[], answers?: readonly string[], userAgent?: string) {
  let [out, err] = ['', ''];
  const output = new PassThrough().on('data', (text: Buffer) => (out += text.toString()));
  const input = new PassThrough();
  for (const answer of answers ?? []) input.write(`${answer}\n`);
  input.end();
  const exit = await main(argv, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    ...(answers && { terminal: { input, output } }),
    ...(userAgent !== undefined && { userAgent }),
  });
  return { exit, out, err };
}

const nameIn = (path: string): unknown =>
  (JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { name: unknown }).name;
const wordsOf = (path: string): readonly unknown[] =>
  (JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { keywords: unknown[] }).keywords;

test('name and kind given: no question, and what to type next', async () => {
  const { exit, out, err } = await type(['my-loss', '--kind', 'loss', '--folder', folder]);
  expect([exit, err, nameIn(folder)]).toEqual([0, '', 'my-loss']);
  for (const line of ['npm install', 'npm test', 'npm run example', 'src/my-loss.ts']) expect(out).toContain(line);
});

test('pnpm is told as pnpm', async () => {
  const { out } = await type(
    ['my-loss', '--kind', 'loss', '--folder', folder],
    undefined,
    'pnpm/10.1.0 npm/? node/v20',
  );
  expect(out).toContain('  pnpm install\n');
});

test('what is missing is asked for, until the answer will do', async () => {
  const asked = await type(['--folder', folder], ['No Name', '@acme/pick', 'nonsense', '0', '3']);
  expect([asked.exit, nameIn(folder)]).toEqual([0, '@acme/pick']);
  for (const [kind, { title }] of Object.entries(KINDS))
    expect(asked.out).toMatch(new RegExp(`\\d  ${kind} +${title}`));
  expect(asked.out.match(/expected (lower-case|one of)/g)).toHaveLength(3);
  expect(wordsOf(folder)).toContain('counterweight-sampler');
});

test('a kind is answered by its word too', async () => {
  expect((await type(['my-one', '--folder', folder], ['dataset'])).exit).toBe(0);
  expect(wordsOf(folder)).toContain('counterweight-dataset');
});

test('whoever leaves at a question leaves nothing behind', async () => {
  expect((await type(['--folder', folder], [])).exit).toBe(130);
  expect((await type(['--folder', folder], ['my-loss', 'nonsense'])).exit).toBe(130);
  expect(readdirSync(root)).toEqual([]);
});

test.each([
  [[], /package-name-missing/],
  [['my-loss'], /package-kind-missing[^]*batch-loss [^]*optimizer [^]*my-loss -- --kind loss/],
  [['my-loss', '--kind', 'losss'], /package-kind-unknown[^]*"losss"[^]*batch-loss /],
  [['My Loss', '--kind', 'loss'], /package-name-invalid/],
  [['my-loss', 'more', '--kind', 'loss'], /package-arguments[^]*my-loss more/],
  // What is left of `npm create @counterweight/plugin my-one --kind miner`.
  [['my-one', 'miner'], /package-arguments[^]*plugin my-one -- --kind miner\n/],
  [['--what'], /unknown option/],
] as const)('%j without a terminal: exit 2, and what is wrong', async (argv, message) => {
  const { exit, out, err } = await type([...argv, '--folder', folder]);
  expect([exit, out]).toEqual([2, '']);
  expect(err).toMatch(message);
  expect(existsSync(folder)).toBe(false);
});

test('--help names every kind and fits a screen', async () => {
  const { exit, out } = await type(['--help']);
  expect(exit).toBe(0);
  for (const kind of Object.keys(KINDS)) expect(out).toContain(`  ${kind} `);
  expect(out.split('\n').length).toBeLessThan(40);
});
