import { splitShares, z } from '@counterweight/core';

const prior = z.number().gt(0).lt(1);

/** The case, or any part of it; defaults are the case. */
export const options = z
  .strictObject({
    examples: z.int().min(10).max(10_000_000).default(80_000).describe('How many examples.'),
    classes: z.int().min(4).max(65_536).default(7_900).describe('How many classes.'),
    labelsPerExample: z.number().gt(0).default(130).describe('Labels per example, on average: the sum of the priors.'),
    rarest: prior.default(0.01125).describe('Prior of the rarest class.'),
    commonest: prior.default(0.15).describe('Prior of the commonest class.'),
    strength: z
      .number()
      .min(0)
      .max(10)
      .default(2.3)
      .describe('How far the latents decide the labels. 0: labels are chance.'),
    latents: z
      .literal([4, 16, 36, 64, 100, 144])
      .default(64)
      .describe('Independent numbers behind an image: four to each cell of a square grid.'),
    size: z.int().min(8).max(256).default(32).describe('Height and width in pixels; a multiple of the cells in a row.'),
    noise: z.number().min(0).max(1).default(0.1).describe('Deviation of the pixel noise, of a range of 1.'),
    splits: splitShares.describe('Shares of the examples, dealt by the seed.'),
  })
  .superRefine((given, context) => {
    // Each names its option: what is at fault may be a default that the manifest does not show.
    const expect = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const { examples, classes, labelsPerExample, rarest, commonest, size } = given;
    if (rarest >= commonest) expect(['rarest'], `rarest below commonest, ${commonest}`);
    else {
      const [least, most] = [(classes - 1) * rarest + commonest, rarest + (classes - 1) * commonest];
      // Of fewer than four classes the range is empty; that there are too few is told elsewhere.
      if (least < most && (labelsPerExample <= least || labelsPerExample >= most))
        expect(
          ['labelsPerExample'],
          `labelsPerExample between ${least.toPrecision(4)} and ${most.toPrecision(4)}: ${classes} classes from ${rarest} to ${commonest}`,
        );
    }
    if (examples * labelsPerExample > 1e9) expect(['examples'], 'examples × labelsPerExample of at most 1,000,000,000');
    const grid = gridOf(given.latents);
    if (size % grid !== 0 || size < 4 * grid) expect(['size'], `size, a multiple of ${grid}, at least ${4 * grid}`);
    if (Math.round(examples * given.splits.train) < 1)
      expect(['splits', 'train'], 'train, a share of at least one example');
  });

export type SyntheticOptions = z.output<typeof options>;

/** Cells in a row of the picture: four latents to each cell. */
export const gridOf = (latents: number): number => Math.sqrt(latents / 4);
