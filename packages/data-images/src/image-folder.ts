import { readFile, stat } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { isAbsolute, relative, resolve, sep } from 'node:path';

import type { Logger } from '@counterweight/core';

import { decodeImage, type Sharp } from './decode.js';
import { errors, type Problem } from './errors.js';
import { quote, type LabelTable, type Row } from './label-table.js';
import type { FolderOptions } from './options.js';
import { isGrey, toGrey, type Pictures } from './pictures.js';

/**
 * Decodes the images of a table, several at a time, one row of the result for each row of the table.
 * @throws table-rows-invalid, images-missing, images-unreadable (each with all rows at once), images-too-many
 */
export async function readImageFolder(
  folder: string,
  table: LabelTable,
  { size, channels }: FolderOptions,
  logger: Logger,
): Promise<Pictures> {
  const paths = pathsWithin(folder, table);
  await throwProblems('images-missing', folder, table, async (_, i) => {
    const found = await stat(paths[i]!).catch(() => undefined);
    return found?.isFile() ? undefined : `${quote(table.rows[i]!.image)} ${found ? 'is not a file' : 'is not there'}`;
  });

  // Colour until it is known that all are grey.
  const [frame, kept] = [size * size, channels === 1 ? 1 : 3];
  const pixels = allocate(table.rows.length, frame * kept);
  const { default: sharp }: { default: Sharp } = await import('sharp');
  const progress = progressOf(table.rows.length, logger);
  let coloured = 0;
  await throwProblems('images-unreadable', folder, table, async ({ image }, i) => {
    try {
      const rgb = await decodeImage(sharp, await readFile(paths[i]!), size);
      if (kept === 1) toGrey(rgb, pixels.subarray(i * frame, (i + 1) * frame));
      else pixels.set(rgb, i * frame * 3);
      if (!isGrey(rgb)) coloured++;
      progress();
      return undefined;
    } catch (error) {
      return `${quote(image)}: ${error instanceof Error ? firstLine(error.message) : 'unreadable'}`;
    }
  });

  if (channels !== 'auto' || coloured > 0) return { pixels, height: size, width: size, channels: kept };
  toGrey(pixels, pixels);
  return { pixels: pixels.slice(0, table.rows.length * frame), height: size, width: size, channels: 1 };
}

/** Absolute paths. None leads out of the folder (a link inside it may), and no file stands in the table under two names. */
function pathsWithin(folder: string, { file, rows }: LabelTable): string[] {
  const problems: Problem[] = [];
  const firstLine = new Map<string, number>();
  const paths = rows.map(({ image, line }) => {
    const path = resolve(folder, image);
    const inside = relative(folder, path);
    const first = firstLine.get(path);
    if (isAbsolute(image) || inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
      problems.push({ line, what: `${quote(image)} leads out of the folder of images` });
    else if (image.includes('\0')) problems.push({ line, what: `${quote(image)} is not a file name` });
    else if (first !== undefined) problems.push({ line, what: `${quote(image)} again (first at line ${first})` });
    else firstLine.set(path, line);
    return path;
  });
  const [worst] = problems;
  if (worst) throw errors['table-rows-invalid']({ file, problems }, { place: { file, line: worst.line } });
  return paths;
}

/** Tries every row, as many at a time as there are cores, and throws what went wrong at once. */
async function throwProblems(
  code: 'images-missing' | 'images-unreadable',
  folder: string,
  { file, rows }: LabelTable,
  attempt: (row: Row, index: number) => Promise<string | undefined>,
): Promise<void> {
  const problems: Problem[] = [];
  const queue = rows.entries();
  const work = async (): Promise<void> => {
    for (const [index, row] of queue) {
      const what = await attempt(row, index);
      if (what !== undefined) problems.push({ line: row.line, what });
    }
  };
  await Promise.all(Array.from({ length: Math.max(4, availableParallelism()) }, work));
  problems.sort((a, b) => a.line - b.line);
  const [worst] = problems;
  if (worst) throw errors[code]({ file, folder, problems }, { place: { file, line: worst.line } });
}

function allocate(images: number, bytesEach: number): Uint8Array {
  const bytes = images * bytesEach;
  if (bytes > totalmem() / 2) throw errors['images-too-many']({ images, bytes, memory: totalmem() });
  return new Uint8Array(bytes);
}

/** Says how far the decoding is, every few seconds. */
function progressOf(total: number, logger: Logger): () => void {
  const every = 3000;
  let [done, said] = [0, Date.now()];
  return () => {
    done++;
    if (Date.now() - said < every) return;
    said = Date.now();
    logger.info(`decoded ${done.toLocaleString('en')} of ${total.toLocaleString('en')} images`);
  };
}

const firstLine = (message: string): string => message.split('\n', 1)[0] ?? message;
