// While TensorFlow's library loads, it writes two lines to standard error at every log level (that oneDNN is on, and that its logging
// is not initialised yet). They are true of every run and tell a user nothing; anything else that is written meanwhile is passed on.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** native/stderr.cc: makes descriptor `from` mean what `to` means, and returns a descriptor of what it meant before. */
export interface Redirection {
  readonly redirect: (from: number, to: number) => number;
}

const STANDARD_ERROR = 2;
const NOISE =
  /oneDNN custom operations are on|rounding errors from different computation orders|before absl::InitializeLog\(\)/;

export function withQuietStandardError<T>(redirect: Redirection['redirect'], load: () => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-'));
  const file = join(folder, 'stderr');
  const target = openSync(file, 'w');
  const before = redirect(STANDARD_ERROR, target);
  try {
    return load();
  } finally {
    closeSync(redirect(STANDARD_ERROR, before));
    closeSync(before);
    closeSync(target);
    const kept = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !NOISE.test(line));
    rmSync(folder, { recursive: true });
    for (const line of kept) process.stderr.write(`${line}\n`);
  }
}
