import { createHash } from 'node:crypto';

import type { Logger } from '@counterweight/core';

import { concurrently } from './concurrently.js';
import { decodeImage, type Decoding, type Sharp } from './decode.js';
import type { DecodedImages } from './decoded-images.js';
import type { FolderFile } from './folder-files.js';
import { readImageFile } from './image-file.js';
import type { KnownFiles } from './known-files.js';
import { whole } from './numbers.js';
import { progressOf } from './progress.js';

export interface Decoder {
  readonly sharp: Sharp;
  readonly decoding: Decoding;
  readonly images: DecodedImages;
  readonly known: KnownFiles;
  readonly logger: Logger;
}

export interface Decoded {
  /** [files] rows of the decoded images; −1 where a file cannot be decoded */
  readonly rows: Int32Array;
  /** [files] sha256 in hexadecimal digits; empty where a file cannot be read */
  readonly contents: readonly string[];
  /** Why, by file. */
  readonly problems: ReadonlyMap<number, string>;
}

/**
 * Makes sure that every file is decoded. What is known is neither read nor decoded; equal content is decoded once. When it
 * ends early, what was decoded is kept.
 * @throws images-too-many
 */
export async function decodeAhead(files: readonly FolderFile[], decoder: Decoder): Promise<Decoded> {
  const { images, known, logger } = decoder;
  const rows = new Int32Array(files.length).fill(-1);
  const contents = files.map((file) => known.contentOf(file) ?? '');
  const todo = files.flatMap((_, i) => {
    rows[i] = images.rowOf(contents[i]!) ?? -1;
    return rows[i] < 0 ? [i] : [];
  });
  const problems = new Map<number, string>();
  await images.reserve(todo.length);
  const progress = progressOf(todo.length, logger);
  const start = performance.now();
  let decoded = 0;
  try {
    await concurrently(todo.length, async (position) => {
      const i = todo[position]!;
      let image;
      try {
        const bytes = await readImageFile(files[i]!.path);
        contents[i] = createHash('sha256').update(bytes).digest('hex');
        rows[i] = images.rowOf(contents[i]) ?? -1;
        image = rows[i] < 0 ? await decodeImage(decoder.sharp, bytes, decoder.decoding) : undefined;
      } catch (error) {
        problems.set(i, whyNot(error));
        return;
      }
      if (image) {
        rows[i] = await images.add(contents[i], image);
        decoded++;
      }
      known.remember(files[i]!, contents[i]);
      progress();
    });
  } finally {
    await images.flush();
    await known.save();
  }
  if (decoded > 0) {
    const seconds = (performance.now() - start) / 1000;
    const rate = `${seconds.toFixed(1)} s (${whole(decoded / seconds)} a second)`;
    logger.info(`decoded ${whole(decoded)} of ${whole(files.length)} images in ${rate}`);
  }
  return { rows, contents, problems };
}

/** The first line of what sharp or the file system says. */
export const whyNot = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'unreadable';
