import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from '@counterweight/core';

import { errors } from './errors.js';
import { readLabelTable, type LabelTable } from './label-table.js';
import { readUnpacked } from './named-path.js';
import type { Pictures } from './pictures.js';

/** A name within the pack, never a path out of it. */
const fileName = z.string().regex(/^[^/\\\0]+$/, 'a file name without folders');
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

/**
 * Reads a packed folder: `meta.json`, a label table and all images as raw bytes, either maybe gzipped.
 * @throws pack-invalid: a file is missing, or sizes, counts or the hash do not agree; what `readLabelTable` throws
 */
export async function readPack(folder: string): Promise<{ readonly pictures: Pictures; readonly table: LabelTable }> {
  const { width, height, channels, count, imagesSha256, files } = await readMetadata(join(folder, 'meta.json'));
  const file = join(folder, files.labels);
  const table = await readLabelTable(await readPart(file), file, '|');
  if (table.rows.length !== count)
    throw errors['pack-invalid'](
      { found: `${table.rows.length} rows`, expected: `${count}, as meta.json says` },
      at(file),
    );

  const images = join(folder, files.images);
  const size = count * height * width * channels;
  const pixels = await readPart(images, size);
  if (pixels.length !== size)
    throw errors['pack-invalid'](
      { found: `${pixels.length} bytes`, expected: `${size} = ${count} × ${height} × ${width} × ${channels}` },
      at(images),
    );
  const sha256 = createHash('sha256').update(pixels).digest('hex');
  if (sha256 !== imagesSha256)
    throw errors['pack-invalid'](
      { found: `sha256 ${sha256}`, expected: `${imagesSha256}, as meta.json says` },
      at(images),
    );
  return { pictures: { pixels, height, width, channels }, table };
}

async function readMetadata(file: string): Promise<z.output<typeof metadata>> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw errors['pack-invalid'](
      { found: 'no such file', expected: 'a pack: meta.json, labels, images' },
      at(file, cause),
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw errors['pack-invalid']({ found: String(cause), expected: 'JSON' }, at(file, cause));
  }
  const parsed = metadata.safeParse(json);
  if (parsed.success) return parsed.data;
  const found = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  throw errors['pack-invalid']({ found, expected: 'width, height, channels, count, files and imagesSha256' }, at(file));
}

async function readPart(file: string, size?: number): Promise<Uint8Array> {
  try {
    return await readUnpacked(file, size);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const expected = size === undefined ? 'a file that can be read' : `a file of ${size} bytes, unpacked`;
    throw errors['pack-invalid']({ found, expected }, at(file, cause));
  }
}

const at = (file: string, cause?: unknown) => ({ place: { file }, cause });
