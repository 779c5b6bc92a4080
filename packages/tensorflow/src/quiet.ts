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

/**
 * What `load` returns, and what of its words is not noise; where it throws they are passed on. Where no temporary file can be made they go
 * where they would.
 */
export function withQuietStandardError<T>(
  redirect: Redirection['redirect'],
  load: () => T,
): { readonly value: T; readonly said: readonly string[] } {
  const temporary = temporaryFile();
  if (temporary === undefined) return { value: load(), said: [] };
  const { folder, file, target } = temporary;
  const before = redirect(STANDARD_ERROR, target);
  const restore = (): readonly string[] => {
    closeSync(redirect(STANDARD_ERROR, before));
    closeSync(before);
    closeSync(target);
    const said = readFileSync(file, 'utf8').split('\n');
    rmSync(folder, { recursive: true });
    return said.filter((line) => line !== '' && !NOISE.test(line));
  };
  try {
    const value = load();
    return { value, said: restore() };
  } catch (error) {
    passOn(restore());
    throw error;
  }
}

function temporaryFile() {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'counterweight-'));
    const file = join(folder, 'stderr');
    return { folder, file, target: openSync(file, 'w') };
  } catch {
    return undefined;
  }
}

export function passOn(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}
