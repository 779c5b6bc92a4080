import { inspect } from 'node:util';

import { isCounterweightError } from '@counterweight/core';

/** What the command exits with where no error of ours says more: a fault of the software itself (sysexits' EX_SOFTWARE). */
const INTERNAL = 70;

export interface Failure {
  readonly exit: number;
  /** For a person; no stack unless asked for. */
  readonly text: string;
  /** For `--json`. */
  readonly json: unknown;
}

/** How an error is told. */
export function failureOf(error: unknown, verbose: boolean): Failure {
  const stack = verbose ? stackOf(error) : '';
  if (isCounterweightError(error)) return { exit: error.exit, text: `${error.message}\n${stack}`, json: { error } };
  const found = error instanceof Error ? error.message : String(error);
  const title = 'Something failed that should not: a fault of counterweight itself.';
  const hint = verbose ? '' : '  try      the same with --verbose, and report what it prints\n';
  return {
    exit: INTERNAL,
    text: `internal\n  ${title}\n  found    ${found}\n${hint}${stack}`,
    json: { error: { code: 'internal', title, found } },
  };
}

/** Of an error and of what caused it. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `${inspect(error)}\n`; // anything can be thrown
  const cause = error.cause === undefined ? '' : `caused by ${stackOf(error.cause)}`;
  return `${error.stack ?? ''}\n${cause}`;
}
