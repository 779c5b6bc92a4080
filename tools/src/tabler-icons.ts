/**
 * The quick start's data: every icon of `@tabler/icons` (MIT), drawn at 64 × 64, with the package's own categories and tags and
 * the words of the icon's name as labels. Real drawings, other people's words, thousands of classes, most of them rare.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, extname, join } from 'node:path';

import { labelsFromRows, randomStream, SPLITS, stratify } from '@counterweight/core';
import sharp from 'sharp';

import { joinLookalikes } from './lookalikes.js';
import { replaceFolder, writePack } from './pack-writer.js';

const side = 64;
const shares = [0.7, 0.1, 0.2];
const minimumImages = 2;

/** An icon in one style. */
export interface Icon {
  /** `NAME.STYLE` */
  readonly id: string;
  readonly labels: readonly string[];
  /** Variants of one drawing have one family: they may not be split. */
  readonly family: string;
}

/** An entry of the package's `icons.json`. */
export interface IconEntry {
  readonly category: string;
  /** A bare 42 or null in the package's sources is the word. */
  readonly tags: readonly (string | number | null)[];
  /** By name of the style. */
  readonly styles: Readonly<Record<string, unknown>>;
}

/**
 * Makes the pack in `folder`, unless it is there already for this version of icons, rasteriser and code.
 * It appears whole or not at all; an interrupted run leaves the old one.
 * @param onProgress what is being done, in words, now and then
 * @returns the folder
 */
export async function buildTablerIcons(folder: string, onProgress: (message: string) => void): Promise<string> {
  const source = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@tabler/icons/outline/heart.svg'))));
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string };
  const key = await contentKey(version);
  if ((await builtKey(folder)) === key) return folder;

  const entries = JSON.parse(await readFile(join(source, 'icons.json'), 'utf8')) as Record<string, IconEntry>;
  const icons = withoutRareLabels(iconsOf(entries));
  const images = await draw(icons, join(source, 'icons'), onProgress);
  onProgress('splitting by family');
  const { folds, joined } = splitByFamily(icons, images);
  const splits = folds.map((fold) => SPLITS[fold]!);

  const licence = await readFile(join(source, 'LICENSE'), 'utf8');
  await replaceFolder(folder, (temporary) =>
    writePack(temporary, {
      name: 'tabler-icons',
      rows: icons.map(({ id, labels }, i) => ({ id, labels, split: splits[i]! })),
      images,
      shape: [side, side, 1],
      licence,
      provenance: [
        'tabler-icons',
        `Source: npm @tabler/icons@${version}, ${licence.split('\n').slice(0, 3).filter(Boolean).join(', ')}.`,
        `Drawn at ${side} x ${side} by npm sharp@${sharp.versions.sharp} (librsvg ${sharp.versions.rsvg}), one grey channel, 255 = ink.`,
        "Labels: the package's own category and tags and the words of the icon's name, in lower case. Drawings and words are unchanged.",
      ].join('\n'),
      details: {
        key,
        sources: [`npm @tabler/icons@${version}`, `npm sharp@${sharp.versions.sharp} (rasteriser only)`],
        splitRule: `iterative stratification over families (${shares.join('/')} of the images); a family never crosses a split`,
        lookalikesJoined: joined,
      },
    }),
  );
  return folder;
}

/** Changes with everything that the pack depends on: icons, rasteriser, this code. */
async function contentKey(version: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify({ version, rasteriser: sharp.versions }));
  for (const name of ['tabler-icons', 'lookalikes', 'pack-writer'])
    hash.update(await readFile(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url)));
  return hash.digest('hex');
}

async function builtKey(folder: string): Promise<unknown> {
  const text = await readFile(join(folder, 'meta.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { key?: unknown }).key;
}

/** Every style of every icon, with its words. */
export function iconsOf(entries: Readonly<Record<string, IconEntry>>): Icon[] {
  return Object.entries(entries).flatMap(([name, { category, tags, styles }]) => {
    const words = [category, ...tags, ...name.split('-')].map((word) => String(word).trim().toLowerCase());
    const labels = [...new Set(words.filter((word) => word !== ''))].sort();
    return Object.keys(styles).map((style) => ({ id: `${name}.${style}`, labels, family: familyOf(name) }));
  });
}

/** What is put on a base icon: heart, heart-off, heart-plus, heart-2 are one drawing. */
const modifiers = new Set(
  (
    'off plus minus x check cog bolt code dollar down up exclamation heart pause pin question search share star cancel ' +
    'filled small half left right edit lock spark dots'
  ).split(' '),
);

/** The name without modifiers and numbers at its end; a brand keeps its name. */
export function familyOf(name: string): string {
  const words = name.split('-');
  const modified = (word = ''): boolean => modifiers.has(word) || /^\d+$/.test(word);
  while (words.length > 1 && modified(words.at(-1)) && !(words.length === 2 && words[0] === 'brand')) words.pop();
  return words.join('-');
}

/** A label on a single image can be in one split only: left out, and images that lose their last label with it. */
export function withoutRareLabels(icons: readonly Icon[]): Icon[] {
  const counts = new Map<string, number>();
  for (const label of icons.flatMap(({ labels }) => labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return icons
    .map((icon) => ({ ...icon, labels: icon.labels.filter((label) => counts.get(label)! >= minimumImages) }))
    .filter(({ labels }) => labels.length > 0);
}

/** @returns [icons, side, side], 255 = ink: the drawings are black on nothing, so that ink is opacity */
async function draw(
  icons: readonly Icon[],
  folder: string,
  onProgress: (message: string) => void,
): Promise<Uint8Array> {
  const images = new Uint8Array(icons.length * side * side);
  const density = (72 * side) / 24; // the drawings are 24 units wide, at 72 a side of 24 pixels
  const queue = icons.entries();
  const work = async (): Promise<void> => {
    for (const [i, { id }] of queue) {
      const dot = id.lastIndexOf('.');
      const svg = await readFile(join(folder, id.slice(dot + 1), `${id.slice(0, dot)}.svg`));
      images.set(await sharp(svg, { density }).extractChannel('alpha').raw().toBuffer(), i * side * side);
      if (i % 1000 === 0) onProgress(`drawing icon ${i + 1} of ${icons.length}`);
    }
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
  return images;
}

/**
 * Splits whole families, joined where their images look alike.
 * @returns the fold of each icon, an index into `SPLITS`, and how many families were joined to another
 */
export function splitByFamily(icons: readonly Icon[], images: Uint8Array): { folds: number[]; joined: number } {
  const numbers = new Map<string, number>();
  const families = Int32Array.from(icons, ({ family }) => {
    const number = numbers.get(family) ?? numbers.size;
    numbers.set(family, number);
    return number;
  });
  const groups = joinLookalikes(images, side, families);
  const names = [...new Set(icons.flatMap(({ labels }) => labels))].sort();
  const classes = new Map(names.map((label, index) => [label, index]));
  const labels = labelsFromRows(
    icons.map((icon) => icon.labels.map((label) => classes.get(label)!)),
    classes.size,
  );
  const folds = Array.from(stratify(labels, shares, { groups, random: randomStream(7) }));
  return { folds, joined: numbers.size - new Set(groups).size };
}
