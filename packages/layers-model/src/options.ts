import { pathOption, z } from '@counterweight/core';

export const options = z.strictObject({
  folder: pathOption('folder').describe(
    'Folder of `model.json` and its weights, as `model.save` or the converter writes.',
  ),
  features: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Layer whose output are the features; a map is averaged over its places. Default: what the classifier at the end is given.',
    ),
  frozen: z
    .boolean()
    .default(true)
    .describe(
      'Whether only the new head is trained. Otherwise every layer is that the file does not mark as untrainable.',
    ),
  normalise: z
    .enum(['none', '0..1', '-1..1', 'dataset'])
    .default('-1..1')
    .describe(
      'What the network was trained on: pixels of 0 to 255, of 0 to 1, of −1 to 1, or with mean 0 and deviation 1.',
    ),
});

export type LayersModelOptions = z.output<typeof options>;
