import type { RandomStream } from '@counterweight/core';

import { biases } from './biases.js';
import { normalQuantile } from './normal-quantile.js';
import type { SyntheticOptions } from './options.js';
import { priors } from './priors.js';

/** What examples are made from. Example i depends on the recipe and i only: any order, any batch, the same example. */
export interface Recipe {
  readonly classes: number;
  readonly latents: number;
  /** s */
  readonly strength: number;
  /** [classes] π, ascending. */
  readonly priors: Float64Array;
  /** [classes] b */
  readonly biases: Float64Array;
  /** [classes, latents] unit vectors a. */
  readonly directions: Float64Array;
  /** Forked by what is drawn, then by example. */
  readonly random: RandomStream;
}

export function makeRecipe(options: SyntheticOptions, random: RandomStream): Recipe {
  const { classes, latents, strength } = options;
  const chances = priors(options);
  const directions = new Float64Array(classes * latents);
  const stream = random.fork('directions');
  for (let c = 0; c < classes; c++)
    normalise(normals(uniforms(stream.fork(c), directions.subarray(c * latents, (c + 1) * latents))));
  return { classes, latents, strength, priors: chances, biases: biases(chances, strength), directions, random };
}

/** An example's latents as quantiles: U = Φ(v). @param into [latents] */
export const quantilesOf = ({ random }: Recipe, example: number, into: Float64Array): Float64Array =>
  uniforms(random.fork('latents').fork(example), into);

/** An example's latents: v ~ N(0, I). @param into [latents] */
export const latentsOf = (recipe: Recipe, example: number, into: Float64Array): Float64Array =>
  normals(quantilesOf(recipe, example, into));

/** In (0, 1), neither end included. */
function uniforms(random: RandomStream, into: Float64Array): Float64Array {
  for (let i = 0; i < into.length; i++) into[i] = random.uniform() + 2 ** -33;
  return into;
}

function normals(values: Float64Array): Float64Array {
  for (let i = 0; i < values.length; i++) values[i] = normalQuantile(values[i]!);
  return values;
}

function normalise(vector: Float64Array): void {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
  for (let i = 0; i < vector.length; i++) vector[i]! /= length;
}
