import { z } from '@counterweight/core';

import { Mismatch } from './agreement.js';

type Verdict = 'checked' | 'failed' | 'skipped';

/** What was checked, what failed and what was skipped, by name; of one reference file. */
export class Tally {
  private readonly counts: Readonly<Record<Verdict, Map<string, number>>> = {
    checked: new Map(),
    failed: new Map(),
    skipped: new Map(),
  };
  readonly failures: string[] = [];

  /** Runs one check; what it throws fails it. */
  async attempt(name: string, which: string, check: () => void | Promise<void>): Promise<void> {
    try {
      await check();
      this.count('checked', name);
    } catch (error) {
      this.fail(name, which, error);
    }
  }

  fail(name: string, which: string, error: unknown): void {
    this.count('failed', name);
    this.failures.push(`${name}, ${which}: ${explain(error)}`);
  }

  skip(name: string): void {
    this.count('skipped', name);
  }

  total(verdict: Verdict): number {
    return [...this.counts[verdict].values()].reduce((a, b) => a + b, 0);
  }

  /** `name (count), …` */
  names(verdict: Verdict): string {
    return [...this.counts[verdict]].map(([name, count]) => (count === 1 ? name : `${name} (${count})`)).join(', ');
  }

  private count(verdict: Verdict, name: string): void {
    this.counts[verdict].set(name, (this.counts[verdict].get(name) ?? 0) + 1);
  }
}

function explain(error: unknown): string {
  if (error instanceof Mismatch) return error.message;
  if (error instanceof z.ZodError) return z.prettifyError(error).replaceAll(/\s*\n\s*/g, ' ');
  return error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error);
}
