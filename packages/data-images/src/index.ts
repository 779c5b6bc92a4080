import {
  BASE_FOLDER,
  definePlugin,
  LOGGER,
  RANDOM,
  type Dataset,
  type Logger,
  type Plugin,
  type RandomStream,
  type z,
} from '@counterweight/core';
import { readLabelTable } from '@counterweight/label-table';

import { cacheFolder } from './cache-folder.js';
import { readImageFolder } from './image-folder.js';
import { imageInputs } from './image-inputs.js';
import { imagesDataset } from './images-dataset.js';
import { namedPath } from './named-path.js';
import { options, type ImagesOptions } from './options.js';
import { readPack } from './pack.js';

export { errors } from './errors.js';
export type { ImagesOptions } from './options.js';

/**
 * Images with a label table: a folder of PNG, JPEG, WebP and GIF files, or a pack.
 * @param given options as in a manifest; what is left out has its default
 * @param base folder that relative paths start from
 * @throws data-path-missing and the other codes of `errors`; those of label-table
 */
export const readImages = (
  given: z.input<typeof options>,
  base: string,
  random: RandomStream,
  logger: Logger,
): Promise<Dataset> => create(options.parse(given), base, random, logger);

async function create(options: ImagesOptions, base: string, random: RandomStream, logger: Logger): Promise<Dataset> {
  const { separator, unlisted, strict } = options;
  const classes =
    options.classes === undefined ? {} : { classes: await namedPath(base, 'classes', options.classes, 'file') };
  const reading = { separator, unlisted, strict, ...classes };
  const cache = cacheFolder(options.cache, base);
  const source = await sourceOf();
  try {
    return imagesDataset(source, options, random.fork('splits'));
  } catch (error) {
    await source.close();
    throw error;
  }

  async function sourceOf() {
    if ('pack' in options) return readPack(await namedPath(base, 'pack', options.pack, 'folder'), reading, cache);
    const folder = await namedPath(base, 'images', options.images, 'folder');
    const file = await namedPath(base, 'labels', options.labels, 'file');
    const table = await readLabelTable(file, { ...reading, key: 'image', keyRequired: true });
    return readImageFolder(folder, table, options, cache, logger);
  }
}

const plugin: Plugin<'dataset', typeof options, readonly [typeof BASE_FOLDER, typeof RANDOM, typeof LOGGER]> =
  definePlugin({
    kind: 'dataset',
    name: 'images',
    options,
    inject: [BASE_FOLDER, RANDOM, LOGGER],
    create,
    inputs: imageInputs,
  });

export default plugin;
