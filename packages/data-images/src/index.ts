import {
  BASE_FOLDER,
  definePlugin,
  LOGGER,
  RANDOM,
  type Dataset,
  type Logger,
  type Plugin,
  type RandomStream,
} from '@counterweight/core';

import { readImageFolder } from './image-folder.js';
import { imagesInMemory } from './images-in-memory.js';
import { readLabelTable } from './label-table.js';
import { namedPath, readUnpacked } from './named-path.js';
import { options, type ImagesOptions } from './options.js';
import { readPack } from './pack.js';

export { errors } from './errors.js';
export type { ImagesOptions } from './options.js';

/**
 * Images with a label table: a folder of PNG, JPEG and WebP files, or a pack. All of them are held in memory.
 * @throws data-path-missing and the other codes of `errors`
 */
export async function readImages(
  options: ImagesOptions,
  base: string,
  random: RandomStream,
  logger: Logger,
): Promise<Dataset> {
  const shuffled = random.fork('splits');
  if ('pack' in options) {
    const { pictures, table } = await readPack(await namedPath(base, 'pack', options.pack, 'folder'));
    return imagesInMemory(pictures, table, options.splits, shuffled);
  }
  const folder = await namedPath(base, 'images', options.images, 'folder');
  const file = await namedPath(base, 'labels', options.labels, 'file');
  const table = await readLabelTable(await readUnpacked(file), file, options.separator);
  const pictures = await readImageFolder(folder, table, options, logger);
  return imagesInMemory(pictures, table, options.splits, shuffled);
}

const plugin: Plugin<'dataset', typeof options, readonly [typeof BASE_FOLDER, typeof RANDOM, typeof LOGGER]> =
  definePlugin({
    kind: 'dataset',
    name: 'images',
    options,
    inject: [BASE_FOLDER, RANDOM, LOGGER],
    create: readImages,
  });

export default plugin;
