// Everything that `npm test` checks after setup: lint, formatting, the tests of the workspace, then those of the packages as they are
// published, in projects of their own. Closes with the plain line `N passed, N failed`; lint and formatting count as one each, and so does
// a test file that cannot be loaded. Arguments go to vitest (a folder, -t NAME) and leave lint out.
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

/** How many tests of one run of vitest passed, failed and were skipped. */
function vitest(...args) {
  const report = join('.cache', 'vitest.json');
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const ran = node('node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const tests = JSON.parse(readFileSync(report, 'utf8'));
  const unloadable = tests.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failed = tests.numFailedTests + unloadable.length;
  // vitest also fails for errors outside tests, and when there are none.
  return { passed: tests.numPassedTests, failed: ran ? failed : Math.max(failed, 1), skipped: tests.numPendingTests };
}

const results = [];
if (filters.length > 0) results.push(vitest(...filters));
else {
  for (const [name, check] of Object.entries(checks)) {
    const good = check();
    console.log(`${good ? 'passed' : 'FAILED'}  ${name}`);
    results.push({ passed: Number(good), failed: Number(!good), skipped: 0 });
  }
  for (const project of ['workspace', 'published']) results.push(vitest('--project', project));
}

const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
