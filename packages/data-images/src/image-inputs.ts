import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Inputs, InputSource, Logger } from '@counterweight/core';
import { count, quote, some, type Problem } from '@counterweight/label-table';

import { concurrently } from './concurrently.js';
import { whyNot } from './decode-ahead.js';
import { decodeImage, withChannels, type Decoding, type Sharp } from './decode.js';
import { errors } from './errors.js';
import { readImageFile } from './image-file.js';
import { imagesInFolder, imagesInList, type ListedImages } from './listed-images.js';
import { namedPath } from './named-path.js';
import type { ImagesOptions } from './options.js';
import { readPack } from './pack.js';

/**
 * Images without labels: of a folder and those below it, of a list, or (where training had a pack) of a pack. Each is decoded
 * when it is read, to the very pixels that training sees.
 * @throws data-path-missing, inputs-none, inputs-invalid (all files at once; later, from `read`, the one that is broken inside);
 *   with `strict: false` such files are left out or, when they turn out broken on reading, told by `unreadable`
 */
export async function imageInputs(options: ImagesOptions, source: InputSource): Promise<Inputs> {
  const { path, logger } = source;
  const stats = await stat(path).catch(() => undefined);
  const kind = stats?.isFile() ? 'file' : 'folder';
  await namedPath('/', 'inputs', path, kind);
  if ('pack' in options && kind === 'folder' && existsSync(join(path, 'meta.json'))) return packInputs(source);
  if ('pack' in options)
    logger.warn(
      'The model was trained on a pack: whether its images were made like these (whole, centred on white) is unknown.',
    );

  const listed = kind === 'file' ? await imagesInList(path) : await imagesInFolder(path);
  tell(listed, path, options.strict, logger);
  if (listed.names.length === 0) throw errors['inputs-none']({ path });
  return decodedOnReading(listed, options, source);
}

function tell({ problems }: ListedImages, path: string, strict: boolean, logger: Logger): void {
  if (problems.length === 0) return;
  if (strict) throw invalid(path, problems);
  logger.warn(`${count(problems.length, 'file')} left out: ${some(problems.map(({ what }) => what))}.`);
}

function invalid(file: string, problems: readonly Problem[], cause?: unknown) {
  const line = problems[0]?.line ?? 0;
  return errors['inputs-invalid']({ file, problems }, { place: { file, ...(line > 0 && { line }) }, cause });
}

async function decodedOnReading(listed: ListedImages, options: ImagesOptions, source: InputSource): Promise<Inputs> {
  const { default: sharp }: { default: Sharp } = await import('sharp');
  const [height, width, channels] = source.input.shape as [number, number, 1 | 3];
  const decoding: Decoding = { height, width, fit: 'fit' in options ? options.fit : 'contain' };
  const length = height * width * channels;
  const unreadable = new Set<number>();
  return {
    count: listed.names.length,
    unreadable,
    id: (example) => listed.names[example]!,
    read: (examples, into) =>
      concurrently(examples.length, async (i) => {
        const example = examples[i]!;
        const pixels = into.subarray(i * length, (i + 1) * length);
        try {
          const image = await decodeImage(sharp, await readImageFile(listed.paths[example]!), decoding);
          pixels.set(withChannels(image.pixels, image.channels, channels));
        } catch (cause) {
          const what = `${quote(listed.names[example]!)}: ${whyNot(cause)}`;
          if (options.strict) throw invalid(source.path, [{ line: listed.lines[example]!, what }], cause);
          pixels.fill(255);
          if (!unreadable.has(example)) source.logger.warn(`Left out: ${what}.`);
          unreadable.add(example);
        }
      }),
    close: () => Promise.resolve(),
  };
}

async function packInputs({ path, input }: InputSource): Promise<Inputs> {
  const { table, shape, read, close } = await readPack(
    path,
    { separator: '|', unlisted: 'negative', strict: true },
    null,
  );
  if (shape.join() !== input.shape.join()) {
    await close();
    throw errors['pack-invalid'](
      { found: `images of ${shape.join(' × ')}`, expected: `${input.shape.join(' × ')}, as in training` },
      { place: { file: join(path, 'meta.json') } },
    );
  }
  return { count: table.ids.length, id: (example) => table.ids[example]!, read, close };
}
