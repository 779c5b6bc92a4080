import { readFileSync } from 'node:fs';

import { loadAdapters } from './adapters.js';
import { checkFile, SCHEMA } from './check-file.js';

export interface Surroundings {
  /** Sets tfjs' backend. */
  readonly prepare: () => Promise<unknown>;
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
}

/**
 * Checks reference files and tells, by name, what was checked, what failed and what was skipped.
 * @returns the exit code. 0: all that was checked agrees. 1: something does not, or a file is no JSON or holds nothing that could
 *   be checked. 2: no file is named, or one is missing.
 */
export async function checkReference(paths: readonly string[], { prepare, out, error }: Surroundings): Promise<number> {
  const usage = (problem: string): number => {
    error(`${problem}\nusage: npm run check:reference -- FILE.json …   (files of the schema ${SCHEMA})`);
    return 2;
  };
  if (paths.length === 0) return usage('no file given');
  const texts: string[] = [];
  for (const path of paths)
    try {
      texts.push(readFileSync(path, 'utf8'));
    } catch (problem) {
      return usage(`${path}: ${problem instanceof Error ? problem.message : String(problem)}`);
    }

  await prepare();
  const adapter = await loadAdapters();
  let failed = 0;
  for (const [i, path] of paths.entries()) {
    const tally = await checkFile(texts[i]!, adapter);
    const total = (verdict: 'checked' | 'failed' | 'skipped') => `${tally.total(verdict)} ${verdict}`;
    out(`${path}: ${total('checked')}, ${total('failed')}, ${total('skipped')}`);
    for (const verdict of ['checked', 'failed', 'skipped'] as const)
      if (tally.total(verdict) > 0) out(`  ${verdict.padEnd(8)} ${tally.names(verdict)}`);
    for (const failure of tally.failures) out(`  FAILED   ${failure}`);
    failed += tally.total('failed');
  }
  return failed > 0 ? 1 : 0;
}
