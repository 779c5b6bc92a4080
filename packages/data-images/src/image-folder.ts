import { createHash } from 'node:crypto';
import { join } from 'node:path';

import type { Logger } from '@counterweight/core';
import { count, keepExamples, quote, some, type LabelTable, type Problem } from '@counterweight/label-table';

import { concurrently } from './concurrently.js';
import { decodeAhead, whyNot } from './decode-ahead.js';
import { decodeImage, DECODING_VERSION, withChannels, type Decoding, type Sharp } from './decode.js';
import { DecodedImages } from './decoded-images.js';
import { errors } from './errors.js';
import { FolderFiles, type FolderFile } from './folder-files.js';
import { readImageFile } from './image-file.js';
import { KnownFiles } from './known-files.js';
import type { FolderOptions } from './options.js';
import type { ImageSource } from './image-source.js';

/**
 * Decodes the images of a table that are not yet decoded. Pixels stay on disk and are read when a batch asks for them.
 * @param folder absolute
 * @param cache of decoded images; null: they stay in memory
 * @throws images-missing, images-unreadable (each with all rows at once), images-too-many
 */
export async function readImageFolder(
  folder: string,
  table: LabelTable,
  options: FolderOptions,
  cache: string | null,
  logger: Logger,
): Promise<ImageSource> {
  const found = await findFiles(await FolderFiles.of(folder), table, options.strict);
  const { size, fit } = options;
  const decoding = { height: size, width: size, fit };
  const { default: sharp }: { default: Sharp } = await import('sharp');
  const images = await DecodedImages.open(cache && join(cache, decodingName(sharp, decoding)), size * size, logger);
  try {
    const known = await KnownFiles.of(cache, folder);
    const ahead = await decodeAhead(found.files, { sharp, decoding, images, known, logger });
    const unreadable = problemsOf(found.table, ahead.problems);
    if (unreadable.length > 0 && options.strict)
      throw errors['images-unreadable']({ file: table.file, problems: unreadable }, placeOf(table, unreadable));

    const kept = Int32Array.from(ahead.rows.keys()).filter((i) => ahead.rows[i]! >= 0);
    const rows = kept.map((i) => ahead.rows[i]!);
    const files = Array.from(kept, (i) => found.files[i]!);
    const contents = Array.from(kept, (i) => ahead.contents[i]!);
    const channels =
      options.channels === 'auto' ? (rows.every((row) => images.channelsOf(row) === 1) ? 1 : 3) : options.channels;
    const hash = createHash('sha256').update(`${fit} ${DECODING_VERSION}`);
    for (const content of contents) hash.update(content);
    return {
      table: keepExamples(found.table, kept),
      shape: [size, size, channels],
      contents: numbered(contents),
      fingerprint: hash.digest('hex'),
      notices: [...leftOut(found.missing, 'cannot be found'), ...leftOut(unreadable, 'cannot be decoded')],
      read: readerOf({ sharp, decoding, images, rows, files, contents, channels }),
      close: () => images.close(),
    };
  } catch (error) {
    await images.close();
    throw error;
  }
}

/** What decides the pixels, as the name of a folder. Another version of sharp may round differently. */
const decodingName = ({ versions }: Sharp, { height, width, fit }: Decoding): string =>
  `${height}x${width}-${fit}-${DECODING_VERSION}-sharp-${versions.sharp}`;

interface Found {
  readonly table: LabelTable;
  /** [examples of the table] */
  readonly files: readonly FolderFile[];
  readonly missing: readonly Problem[];
}

/** Every row's file. None leads out of the folder, and no file stands in the table under two names. */
async function findFiles(inside: FolderFiles, table: LabelTable, strict: boolean): Promise<Found> {
  const files: (FolderFile | undefined)[] = table.ids.map(() => undefined);
  const problems = new Map<number, string>();
  const firstLine = new Map<string, number>();
  table.ids.forEach((id, i) => {
    const path = inside.resolve(id);
    if (path === undefined) return;
    const first = firstLine.get(path);
    if (first === undefined) firstLine.set(path, table.lines[i]!);
    else problems.set(i, `again (first at line ${first})`);
  });
  await concurrently(files.length, async (i) => {
    if (problems.has(i)) return;
    try {
      files[i] = await inside.find(table.ids[i]!);
    } catch (error) {
      problems.set(i, whyNot(error));
    }
  });
  const missing = problemsOf(table, problems);
  if (missing.length > 0 && strict)
    throw errors['images-missing'](
      { file: table.file, folder: inside.folder, problems: missing },
      placeOf(table, missing),
    );
  const kept = Int32Array.from(files.keys()).filter((i) => files[i] !== undefined);
  return { table: keepExamples(table, kept), files: Array.from(kept, (i) => files[i]!), missing };
}

const problemsOf = ({ ids, lines }: LabelTable, problems: ReadonlyMap<number, string>): Problem[] =>
  [...problems]
    .map(([i, what]) => ({ line: lines[i]!, what: `${quote(ids[i]!)}: ${what}` }))
    .sort((a, b) => a.line - b.line);

const placeOf = ({ file }: LabelTable, [worst]: readonly Problem[]) => ({
  place: { file, ...(worst && { line: worst.line }) },
});

const leftOut = (problems: readonly Problem[], why: string): string[] =>
  problems.length === 0
    ? []
    : [
        `${count(problems.length, 'row')} left out whose images ${why}: ` +
          `${some(problems.map(({ line, what }) => `line ${line}, ${what}`))}.`,
      ];

/** Equal numbers for equal contents. */
function numbered(contents: readonly string[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(contents, (content) => {
    const number = numbers.get(content) ?? numbers.size;
    numbers.set(content, number);
    return number;
  });
}

interface Reader {
  readonly sharp: Sharp;
  readonly decoding: Decoding;
  readonly images: DecodedImages;
  /** [examples], as are files and contents */
  readonly rows: Int32Array;
  readonly files: readonly FolderFile[];
  readonly contents: readonly string[];
  readonly channels: 1 | 3;
}

/** Reads from the decoded images; what is damaged there is decoded again from the very file. */
function readerOf({ sharp, decoding, images, rows, files, contents, channels }: Reader): ImageSource['read'] {
  const frame = decoding.height * decoding.width;
  const length = frame * channels;

  const decodeAgain = async (example: number) => {
    const { path } = files[example]!;
    try {
      const bytes = await readImageFile(path);
      if (createHash('sha256').update(bytes).digest('hex') !== contents[example])
        throw new Error('its content changed');
      return await decodeImage(sharp, bytes, decoding);
    } catch (cause) {
      throw errors['images-changed']({ image: path, found: whyNot(cause) }, { cause });
    }
  };

  const readOne = async (example: number, into: Uint8Array | Float32Array): Promise<void> => {
    const row = rows[example]!;
    const stored = images.channelsOf(row);
    const direct = stored === channels && into instanceof Uint8Array;
    const pixels = direct ? into : new Uint8Array(frame * stored);
    if (!(await images.read(row, pixels))) {
      const image = await decodeAgain(example);
      into.set(withChannels(image.pixels, image.channels, channels));
    } else if (!direct) into.set(withChannels(pixels, stored, channels));
  };

  return async (examples, into) => {
    await Promise.all(
      Array.from(examples, (example, i) => readOne(example, into.subarray(i * length, (i + 1) * length))),
    );
  };
}
