import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from '@counterweight/core';
import { readLabelTable } from '@counterweight/label-table';

import { errors } from './errors.js';
import type { ImageSource } from './image-source.js';
import { openPackImages } from './pack-images.js';

/** A name within the pack, never a path out of it. */
const fileName = z
  .string()
  .regex(/^[^/\\\0]+$/, 'a file name without folders')
  .refine((name) => name !== '.' && name !== '..', 'a file name');
const side = z.int().min(1).max(4096);
/** What is read of `meta.json`; other keys are for people. */
const metadata = z.object({
  width: side,
  height: side,
  channels: z.union([z.literal(1), z.literal(3)]),
  count: z.int().min(1),
  imagesSha256: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
  files: z.object({ images: fileName, labels: fileName }),
});
export type PackMetadata = z.output<typeof metadata>;

/** Absolute path of a list of classes, and how the table is to be read. */
interface TableReading {
  readonly separator: string;
  readonly classes?: string;
  readonly unlisted: 'negative' | 'unknown';
  readonly strict: boolean;
}

/**
 * Reads a packed folder: `meta.json`, a label table and all images as raw bytes, either maybe gzipped.
 * @param cache where large images are unpacked; null: nowhere
 * @throws pack-invalid: a file is missing, or sizes, counts or the hash do not agree; images-too-many; what `readLabelTable` throws
 */
export async function readPack(folder: string, reading: TableReading, cache: string | null): Promise<ImageSource> {
  const meta = await readMetadata(join(folder, 'meta.json'));
  const { width, height, channels, count, imagesSha256, files } = meta;
  const file = join(folder, files.labels);
  const table = await readLabelTable(file, { ...reading, byOrder: true, key: 'image', keyRequired: true });
  if (table.labels.rows !== count)
    throw errors['pack-invalid'](
      { found: `${table.labels.rows} rows`, expected: `${count}, as meta.json says` },
      { place: { file } },
    );
  const { contents, read, close } = await openPackImages(join(folder, files.images), meta, cache);
  return {
    table,
    shape: [height, width, channels],
    contents,
    fingerprint: imagesSha256,
    notices: [],
    read,
    close,
  };
}

async function readMetadata(file: string): Promise<PackMetadata> {
  const at = (cause?: unknown) => ({ place: { file }, cause });
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw errors['pack-invalid']({ found: 'no such file', expected: 'a pack: meta.json, labels, images' }, at(cause));
  });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw errors['pack-invalid']({ found: String(cause), expected: 'JSON' }, at(cause));
  }
  const parsed = metadata.safeParse(json);
  if (parsed.success) return parsed.data;
  const found = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  throw errors['pack-invalid']({ found, expected: 'width, height, channels, count, files and imagesSha256' }, at());
}
