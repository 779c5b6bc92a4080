import { pathOption, z } from '@counterweight/core';

const share = z.number().min(0).max(1);
/** What a folder's options are when the manifest leaves them out. A pack has all of them fixed. */
const folderDefaults = { separator: '|', size: 64, fit: 'contain', channels: 'auto' } as const;

const keys = z.strictObject({
  images: pathOption('folder').describe('Folder of PNG, JPEG or WebP images; with `labels`.').optional(),
  labels: pathOption('file')
    .describe('CSV with the columns `image` and `labels`, and `split` where there is one; paths relative to `images`.')
    .optional(),
  pack: pathOption('folder').describe('Packed folder (`meta.json`); instead of `images` and `labels`.').optional(),
  separator: z
    .string()
    .min(1)
    .optional()
    .meta({ default: folderDefaults.separator, description: 'What stands between two labels of a cell.' }),
  size: z
    .int()
    .min(8)
    .max(1024)
    .optional()
    .meta({ default: folderDefaults.size, description: 'Height and width in pixels that images are resized to.' }),
  fit: z
    .enum(['contain'])
    .optional()
    .meta({ default: folderDefaults.fit, description: '`contain`: the whole image, centred on white.' }),
  channels: z
    .union([z.literal('auto'), z.literal(1), z.literal(3)])
    .optional()
    .meta({ default: folderDefaults.channels, description: '1: grey. 3: colour. `auto`: 1 when every image is grey.' }),
  splits: z
    .strictObject({ train: share.gt(0).default(0.7), validation: share.default(0.1), test: share.default(0.2) })
    .refine(({ train, validation, test }) => Math.abs(train + validation + test - 1) < 1e-6, {
      error: 'train, validation and test that sum to 1',
    })
    .prefault({})
    .describe('Shares of the images when the table has no column `split`.'),
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
      else if (given.labels === undefined) expect([], 'labels, a CSV file, beside images');
    } else
      for (const key of ['images', 'labels', ...Object.keys(folderDefaults)] as const)
        if (key in given && given[key as keyof typeof given] !== undefined)
          expect([key], `no ${key} beside pack, which has its own`);
  })
  .transform(({ pack, splits, images = '', labels = '', ...folder }) =>
    pack === undefined ? { images, labels, ...folderDefaults, ...defined(folder), splits } : { pack, splits },
  );

export type ImagesOptions = z.output<typeof options>;
type PackOptions = Extract<ImagesOptions, { pack: string }>;
export type FolderOptions = Exclude<ImagesOptions, PackOptions>;

/** Without the keys whose value is undefined. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const defined = <T extends object>(given: T): Defined<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
