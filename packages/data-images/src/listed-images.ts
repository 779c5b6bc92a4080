import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { csvRecords, eachLine, quote, type Problem } from '@counterweight/label-table';

import { errors } from './errors.js';
import { FolderFiles } from './folder-files.js';
import { checkImageFile, fileProblem } from './image-file.js';
import { concurrently } from './concurrently.js';
import { whyNot } from './decode-ahead.js';
import { isNamedAsImage } from './signature.js';

/** Images without labels, none decoded yet. */
export interface ListedImages {
  /** As they are called: relative to the folder, with `/` between. */
  readonly names: readonly string[];
  /** Absolute, without links. */
  readonly paths: readonly string[];
  /** Of a list, or 0. */
  readonly lines: readonly number[];
  /** What was named, or is named like an image, and is none. A line of a list, or 0. */
  readonly problems: readonly Problem[];
}

interface Listed {
  readonly name: string;
  readonly line: number;
  /** What is no image is told; otherwise passed over. */
  readonly promised: boolean;
}

/**
 * All images in a folder and below, sorted by path (UTF-16 code units). Hidden files and folders and linked folders are passed
 * over, as are files that neither are images nor are named like one.
 * @param folder absolute
 */
export async function imagesInFolder(folder: string): Promise<ListedImages> {
  const listed: Listed[] = [];
  const closed: Problem[] = [];
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((error: unknown) => {
      closed.push({ line: 0, what: `${quote(`${below}/`)}: ${fileProblem(error)}` });
      return [];
    });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await visit(name);
      else listed.push({ name, line: 0, promised: isNamedAsImage(name) });
    }
  };
  await visit('');
  listed.sort((a, b) => (a.name < b.name ? -1 : 1));
  const { problems, ...images } = await look(folder, listed);
  return { ...images, problems: [...closed, ...problems] };
}

/**
 * The images of a list, in its order: a path a line, or, by the file's name, the column or field `image` of a CSV (`.csv`) or
 * JSON Lines (`.jsonl`, `.ndjson`) file. Paths start from the folder of the list and do not lead out of it.
 * @throws table-text-invalid, table-unreadable, inputs-invalid (a table without `image`)
 */
export async function imagesInList(file: string): Promise<ListedImages> {
  const listed: Listed[] = [];
  const add = (name: string, line: number): void => void listed.push({ name, line, promised: true });
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(file))
    await eachLine(file, (text, line) => {
      if (text.trim() !== '') add(imageField(text, file, line), line);
    });
  else if (/\.csv(\.gz)?$/i.test(file)) {
    let column: number | undefined;
    for await (const { cells, line } of csvRecords(file))
      if (column === undefined) column = imageColumn(cells, file, line);
      else add(cells[column]?.trim() ?? '', line);
  } else
    await eachLine(file, (text, line) => {
      if (text.trim() !== '') add(text.trim(), line);
    });
  return look(dirname(file), listed);
}

function imageColumn(header: readonly string[], file: string, line: number): number {
  const column = header.findIndex((name) => name.trim().toLowerCase() === 'image');
  if (column >= 0) return column;
  throw invalid(file, line, `no column image; columns: ${header.map(quote).join(', ')}`);
}

function imageField(text: string, file: string, line: number): string {
  let image: unknown;
  try {
    image = (JSON.parse(text) as { image?: unknown } | null)?.image;
  } catch {
    throw invalid(file, line, `${quote(text)} is no JSON`);
  }
  if (typeof image === 'string') return image.trim();
  throw invalid(file, line, `${quote(text)} has no text in the field image`);
}

const invalid = (file: string, line: number, what: string) =>
  errors['inputs-invalid']({ file, problems: [{ line, what }] }, { place: { file, line } });

/** Finds every file and looks at its first bytes. */
async function look(folder: string, listed: readonly Listed[]): Promise<ListedImages> {
  const inside = await FolderFiles.of(folder);
  const paths: (string | undefined)[] = listed.map(() => undefined);
  const problems: Problem[] = [];
  await concurrently(listed.length, async (i) => {
    const { name, line, promised } = listed[i]!;
    try {
      const { path } = await inside.find(name);
      await checkImageFile(path);
      paths[i] = path;
    } catch (error) {
      const what = name.includes('\uFFFD') ? 'a name that is not UTF-8' : whyNot(error);
      if (promised) problems.push({ line, what: `${quote(name)}: ${what}` });
    }
  });
  const kept = [...listed.keys()].filter((i) => paths[i] !== undefined);
  return {
    names: kept.map((i) => listed[i]!.name),
    paths: kept.map((i) => paths[i]!),
    lines: kept.map((i) => listed[i]!.line),
    problems: problems.sort((a, b) => a.line - b.line || (a.what < b.what ? -1 : 1)),
  };
}
