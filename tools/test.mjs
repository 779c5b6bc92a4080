// Everything that `npm test` checks after setup: lint, formatting, then all tests. Closes with the plain line `N passed, N failed`; lint
// and formatting count as one each, and so does a test file that cannot be loaded. Arguments go to vitest (a folder, -t NAME) and leave lint out.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const filters = process.argv.slice(2);
const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;

const checks = {
  lint: () => node('node_modules/eslint/bin/eslint.js', '.'),
  format: () => node('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
};
const results = filters.length > 0 ? [] : Object.entries(checks).map(([name, check]) => [name, check()]);
for (const [name, passed] of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`);

const report = join('.cache', 'vitest.json');
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });
const ran = node(
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...filters,
);

const tests = existsSync(report)
  ? JSON.parse(readFileSync(report, 'utf8'))
  : { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, testResults: [] };
const unloadable = tests.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const passed = tests.numPassedTests + results.filter(([, good]) => good).length;
let failed = tests.numFailedTests + unloadable.length + results.filter(([, good]) => !good).length;
// vitest also fails for errors outside tests, and when there are none.
if (!ran && failed === 0) failed = 1;
const skipped = tests.numPendingTests > 0 ? `, ${tests.numPendingTests} skipped` : '';
console.log(`${passed} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 ? 1 : 0;
