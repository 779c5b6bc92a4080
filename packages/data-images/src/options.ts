import { pathOption, z } from '@counterweight/core';
import { tableOptions } from '@counterweight/label-table';

/** What a folder's options are when the manifest leaves them out. A pack has all of them fixed. */
const folderDefaults = { size: 64, fit: 'contain', channels: 'auto' } as const;

const keys = z.strictObject({
  images: pathOption('folder').describe('Folder of PNG, JPEG, WebP or GIF images; with `labels`.').optional(),
  labels: pathOption('file').describe('Label table with the column `image`: paths relative to `images`.').optional(),
  pack: pathOption('folder').describe('Packed folder (`meta.json`); instead of `images` and `labels`.').optional(),
  size: z
    .int()
    .min(8)
    .max(1024)
    .optional()
    .meta({ default: folderDefaults.size, description: 'Height and width in pixels that images are resized to.' }),
  fit: z.enum(['contain', 'cover', 'stretch']).optional().meta({
    default: folderDefaults.fit,
    description: '`contain`: the whole image, centred on white. `cover`: its middle, cut. `stretch`: distorted.',
  }),
  channels: z
    .union([z.literal('auto'), z.literal(1), z.literal(3)])
    .optional()
    .meta({ default: folderDefaults.channels, description: '1: grey. 3: colour. `auto`: 1 when every image is grey.' }),
  ...tableOptions,
  cache: z
    .string()
    .min(1)
    .nullable()
    .optional()
    .describe('Folder of decoded images; left out: the user’s own; `null`: none, they stay in memory.'),
});

/** Either a folder of images with a table, or a pack; what a pack has fixed may not be given with it. */
export const options = keys
  .superRefine((given, context) => {
    const expect = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (given.pack === undefined) {
      if (given.images === undefined && given.labels === undefined) expect([], 'images and labels, or pack');
      else if (given.images === undefined) expect([], 'images, the folder that the paths in labels start from');
      else if (given.labels === undefined) expect([], 'labels, a table, beside images');
    } else
      for (const key of ['images', 'labels', ...Object.keys(folderDefaults)] as const)
        if (given[key as keyof typeof given] !== undefined) expect([key], `no ${key} beside pack, which has its own`);
  })
  .transform(({ pack, images = '', labels = '', size, fit, channels, ...shared }) =>
    pack === undefined
      ? {
          images,
          labels,
          size: size ?? folderDefaults.size,
          fit: fit ?? folderDefaults.fit,
          channels: channels ?? folderDefaults.channels,
          ...shared,
        }
      : { pack, ...shared },
  );

export type ImagesOptions = z.output<typeof options>;
type PackOptions = Extract<ImagesOptions, { pack: string }>;
export type FolderOptions = Exclude<ImagesOptions, PackOptions>;
