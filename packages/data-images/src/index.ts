import { resolve } from 'node:path';

import {
  BASE_FOLDER,
  CACHE_FOLDER,
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
 * @param cache where decoded images are kept unless the options say otherwise; null: nowhere, they stay in memory
 * @throws data-path-missing and the other codes of `errors`; those of label-table
 */
export const readImages = (
  given: z.input<typeof options>,
  base: string,
  random: RandomStream,
  logger: Logger,
  cache: string | null = null,
): Promise<Dataset> => create(options.parse(given), base, random, logger, cache);

async function create(
  options: ImagesOptions,
  base: string,
  random: RandomStream,
  logger: Logger,
  usualCache: string | null,
): Promise<Dataset> {
  const { separator, unlisted, strict } = options;
  const classes = options.classes !== undefined && { classes: resolve(base, options.classes) };
  const reading = { separator, unlisted, strict, ...classes };
  const { cache: wanted = usualCache } = options;
  const cache = wanted === null ? null : resolve(base, wanted);
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
    const table = await readLabelTable(resolve(base, options.labels), { ...reading, key: 'image', keyRequired: true });
    return readImageFolder(folder, table, options, cache, logger);
  }
}

const plugin: Plugin<
  'dataset',
  typeof options,
  readonly [typeof BASE_FOLDER, typeof RANDOM, typeof LOGGER, typeof CACHE_FOLDER]
> = definePlugin({
  kind: 'dataset',
  name: 'images',
  options,
  inject: [BASE_FOLDER, RANDOM, LOGGER, CACHE_FOLDER],
  create,
  inputs: imageInputs,
});

export default plugin;
