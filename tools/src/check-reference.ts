/**
 * `npm run check:reference -- FILE.json …`: every loss, weight rule, sampler, metric and link that a package here has, against
 * reference files of the schema counterweight-reference/1. Exit 0: all that was checked agrees; 1: something does not, or a file
 * could not be checked; 2: a file cannot be read.
 */
import { readFileSync } from 'node:fs';
import { argv, stderr, stdout } from 'node:process';

import { loadEngine } from '@counterweight/tensorflow';

import { loadAdapters } from './check-reference/adapters.js';
import { checkFile } from './check-reference/check-file.js';

async function main(paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return usage('no file given');
  const files: { path: string; content: unknown }[] = [];
  for (const path of paths)
    try {
      files.push({ path, content: JSON.parse(readFileSync(path, 'utf8')) });
    } catch (error) {
      return usage(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }

  await loadEngine();
  const adapter = await loadAdapters();
  let failed = 0;
  for (const { path, content } of files) {
    const tally = await checkFile(content, adapter);
    stdout.write(
      `${path}: ${tally.total('checked')} checked, ${tally.total('failed')} failed, ${tally.total('skipped')} skipped\n`,
    );
    for (const verdict of ['checked', 'failed', 'skipped'] as const)
      if (tally.total(verdict) > 0) stdout.write(`  ${verdict.padEnd(8)} ${tally.names(verdict)}\n`);
    for (const failure of tally.failures) stdout.write(`  FAILED   ${failure}\n`);
    failed += tally.total('failed');
  }
  return failed > 0 ? 1 : 0;
}

function usage(problem: string): number {
  stderr.write(
    `${problem}\nusage: npm run check:reference -- FILE.json …   (files of the schema counterweight-reference/1)\n`,
  );
  return 2;
}

process.exitCode = await main(argv.slice(2));
