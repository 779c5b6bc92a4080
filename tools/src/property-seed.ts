/**
 * Property tests draw the same cases each time, so that a commit passes or fails for what is in it.
 * `PROPERTY_SEED=random` (or a number) with vitest looks for new ones; fast-check prints the seed of what it finds.
 */
import fc from 'fast-check';

const { PROPERTY_SEED: wanted = '20261125' } = process.env;
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
