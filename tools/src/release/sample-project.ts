/** An empty folder as somebody who never saw the repository has it: a few drawings with labels, a manifest, nothing installed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { randomStream } from '@counterweight/core';
import sharp from 'sharp';

const SHAPES = ['circle', 'square', 'triangle', 'line'] as const;
const SIDE = 24;

export const MANIFEST = `seed: 7
data: { use: '@counterweight/data-images', images: ./images, labels: ./labels.csv, size: ${SIDE} }
model: { use: '@counterweight/cnn' }
loss: { use: '@counterweight/loss-focal', gamma: 2 }
training: { epochs: 2, batchSize: 32 }
`;

/** Writes `images/`, `labels.csv` and `manifest.yaml`. The same each time. */
export async function writeSampleProject(folder: string, { images = 240 } = {}): Promise<void> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  const random = randomStream(7).fork('sample project');
  const rows = ['image,labels'];
  for (let i = 0; i < images; i++) {
    const shapes = SHAPES.filter((_, shape) => random.uniform() < 0.6 / (shape + 1));
    const parts = shapes.map((shape) => drawing(shape, () => 2 + random.integer(SIDE - 12)));
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="100%" height="100%" fill="white"/>${parts.join('')}</svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, 'images', `${i}.png`));
    rows.push(`${i}.png,${shapes.join('|')}`);
  }
  writeFileSync(join(folder, 'labels.csv'), `${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'manifest.yaml'), MANIFEST);
  writeFileSync(join(folder, 'package.json'), '{ "name": "sample", "private": true }\n');
}

function drawing(shape: (typeof SHAPES)[number], at: () => number): string {
  const [x, y] = [at(), at()];
  switch (shape) {
    case 'circle':
      return `<circle cx="${x + 4}" cy="${y + 4}" r="4"/>`;
    case 'square':
      return `<rect x="${x}" y="${y}" width="8" height="8" fill="none" stroke="black" stroke-width="2"/>`;
    case 'triangle':
      return `<path d="M${x} ${y + 8}h8l-4-8z"/>`;
    case 'line':
      return `<path d="M${x} ${y}l9 9" stroke="black"/>`;
  }
}
