import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { compareRuns, readRun, summarise, type Summary } from '@counterweight/report';

import { errors } from './errors.js';

export interface ComparedRuns {
  /** In the order of the folders. */
  readonly summaries: readonly Summary[];
  /** As the command prints it, for a monospaced font. */
  readonly table: string;
}

/**
 * The numbers of some runs side by side.
 * @throws run-file-missing, run-file-invalid
 */
export async function compare(folders: readonly string[]): Promise<ComparedRuns> {
  const summaries = await Promise.all(
    named(folders).map(async ({ name, folder }) => summarise(await readRun(folder, name))),
  );
  const header = ['run', 'macro AP', 'micro AP', 'predicted/true', 'Σσ/true', 'head', 'medium', 'tail', 'steps', 's'];
  const rows = summaries.map(
    ({ name, macro, micro, decided, summed, groups: { head, medium, tail }, steps, seconds }) => [
      name,
      ...[macro, micro].map(score),
      ...[decided, summed].map((ratio) => (ratio === null ? '' : ratio.toPrecision(3))),
      ...[head, medium, tail].map(score),
      String(steps),
      seconds.toFixed(1),
    ],
  );
  return { summaries, table: aligned([header, ...rows]) };
}

/**
 * Writes the comparison as an HTML page.
 * @returns its path
 * @throws out-unwritable: also where a file stands already
 */
export async function writePage(folders: readonly string[], file: string): Promise<string> {
  const page = await compareRuns({ runs: named(folders) });
  try {
    writeFileSync(file, page, { flag: 'wx' });
  } catch (error) {
    throw errors['out-unwritable']({ path: file, message: (error as Error).message });
  }
  return file;
}

/** By the folder's name; by the whole path where two have the same. */
function named(folders: readonly string[]): readonly { readonly name: string; readonly folder: string }[] {
  const short = folders.map((folder) => basename(resolve(folder)));
  const unique = new Set(short).size === short.length;
  return folders.map((folder, i) => ({ name: unique ? short[i]! : folder, folder }));
}

const score = (value: number | null): string => (value === null ? '' : value.toFixed(4));

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return rows.map((row) => `${line(row)}\n`).join('');
}
