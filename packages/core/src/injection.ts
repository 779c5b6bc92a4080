// The only file that imports tsyringe: it needs the Reflect polyfill first, and its records are kept per copy of the package.
import 'reflect-metadata';
import { container, type DependencyContainer } from 'tsyringe';

import type { Dataset } from './dataset.js';
import type { LabelStatistics } from './labels.js';
import type { ModelInput } from './model.js';
import type { RandomStream } from './random.js';

export { inject, injectable } from 'tsyringe';
export type { DependencyContainer } from 'tsyringe';

declare const type: unique symbol;
/** A name under which a container finds a `T`: a tsyringe token that knows its type. */
export type Token<T> = symbol & { readonly [type]?: T };

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

const token = <T>(name: string): Token<T> => Symbol.for(`@counterweight/core:${name}`);

/** Counts and priors of the training split. */
export const LABEL_STATISTICS = token<LabelStatistics>('LABEL_STATISTICS');
/** A stream of the plugin's own, forked by its name. */
export const RANDOM = token<RandomStream>('RANDOM');
/** What a model is built for. */
export const INPUT = token<ModelInput>('INPUT');
export const DATASET = token<Dataset>('DATASET');
export const LOGGER = token<Logger>('LOGGER');
/** The folder that relative paths of the manifest start from. */
export const BASE_FOLDER = token<string>('BASE_FOLDER');
/** A folder of the plugin's own, shared between runs, for what can be made again; it may not exist yet. */
export const CACHE_FOLDER = token<string>('CACHE_FOLDER');
/** Of a callback: a folder of its own in the run's folder, `callbacks/NAME`; it may not exist yet. A resumed run has it again. */
export const RUN_FOLDER = token<string>('RUN_FOLDER');

/** As an author writes it: `LABEL_STATISTICS`. */
export const tokenName = (token: symbol): string => token.description?.replace(/^.*:/, '') ?? 'an unknown token';

/** A container for one run. Nothing is registered globally; dispose it at the end of the run. */
export function createContainer(): DependencyContainer {
  return container.createChildContainer();
}
