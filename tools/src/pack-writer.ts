/** The packed format that `@counterweight/data-images` reads. */
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { SPLITS, type Split } from '@counterweight/core';

const names: Readonly<Record<Split, string>> = { train: 'train', validation: 'val', test: 'test' };

export interface PackContents {
  readonly name: string;
  readonly rows: readonly { readonly id: string; readonly labels: readonly string[]; readonly split: Split }[];
  /** [rows, height, width, channels] */
  readonly images: Uint8Array;
  readonly shape: readonly [height: number, width: number, channels: number];
  /** The text of the licence. */
  readonly licence: string;
  /** Where everything comes from, for people. */
  readonly provenance: string;
  /** More keys for `meta.json`. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes `images.u8.gz`, `labels.csv`, `classes.csv`, `PROVENANCE.txt`, `LICENSE` and, last, `meta.json`. */
export async function writePack(folder: string, contents: PackContents): Promise<void> {
  const { name, rows, images, shape, licence, provenance, details } = contents;
  const [height, width, channels] = shape;
  const counts = new Map<string, Record<Split, number>>();
  for (const { labels, split } of rows)
    for (const label of labels) {
      const count = counts.get(label) ?? { train: 0, validation: 0, test: 0 };
      count[split]++;
      counts.set(label, count);
    }
  const classes = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const without = (split: Split): number => classes.filter(([, count]) => count[split] === 0).length;
  const files = { images: 'images.u8.gz', labels: 'labels.csv', classes: 'classes.csv' };
  const write = (file: string, data: string | Uint8Array): Promise<void> => writeFile(join(folder, file), data);

  await write(files.images, await promisify(gzip)(images));
  await write(
    files.labels,
    csv([['image', 'split', 'labels'], ...rows.map(({ id, split, labels }) => [id, names[split], joined(labels)])]),
  );
  await write(
    files.classes,
    csv([
      ['class', ...SPLITS.map((split) => `positives_${names[split]}`)],
      ...classes.map(([label, count]) => [label, ...SPLITS.map((split) => `${count[split]}`)]),
    ]),
  );
  await write('PROVENANCE.txt', `${provenance}\n`);
  await write('LICENSE', licence);
  const meta = {
    name,
    width,
    height,
    channels,
    count: rows.length,
    classes: classes.length,
    meanLabelsPerExample: rows.reduce((sum, { labels }) => sum + labels.length, 0) / rows.length,
    files,
    imagesSha256: createHash('sha256').update(images).digest('hex'),
    licence: licence.split('\n').slice(0, 3).filter(Boolean).join(', '),
    splits: Object.fromEntries(SPLITS.map((s) => [names[s], rows.filter(({ split }) => split === s).length])),
    classesWithoutTrainPositive: without('train'),
    classesWithoutTestPositive: without('test'),
    ...details,
  };
  await write('meta.json', `${JSON.stringify(meta, null, 1)}\n`);
}

function joined(labels: readonly string[]): string {
  const bad = labels.find((label) => label.includes('|') || label === '');
  if (bad !== undefined) throw new Error(`the label ${JSON.stringify(bad)} cannot be written: labels are joined by |`);
  return labels.join('|');
}

const csv = (rows: readonly (readonly string[])[]): string =>
  rows
    .map(
      (row) => `${row.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`,
    )
    .join('');

/** Makes a folder beside its place and moves it there when it is whole. What stood there before goes. */
export async function replaceFolder(folder: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const [temporary, old] = [`${folder}.${process.pid}.new`, `${folder}.${process.pid}.old`];
  await mkdir(temporary, { recursive: true });
  try {
    await make(temporary);
    await rename(folder, old).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}
