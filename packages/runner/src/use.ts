import type { AnyPlugin, Kind, OptionsOf } from '@counterweight/core';

/** A plugin as a value with its options, where a manifest has `{ use: PACKAGE, … }`. */
export interface Use<K extends Kind = Kind> {
  readonly plugin: AnyPlugin<K>;
  /** As written; `createRun` checks them and fills in defaults. */
  readonly options: unknown;
}

/**
 * A plugin with options, for `createRun`. A misspelt option, and a plugin where another kind belongs, do not compile.
 *
 * @param options those that the plugin's README lists; may be left out where all have defaults
 * @example
 * createRun({ data: use(images, { images: './images', labels: './labels.csv' }), model: use(cnn), loss: use(focal, { gamma: 2 }) });
 */
export function use<P extends AnyPlugin>(
  plugin: P,
  ...[options]: Optional<OptionsOf<P>> extends true ? [options?: OptionsOf<P>] : [options: OptionsOf<P>]
): Use<P['kind']> {
  return { plugin, options: options ?? {} };
}

/** Whether nothing at all is a choice of options. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- the type of nothing at all
type Optional<Options> = Record<never, never> extends Options ? true : false;

export const isUse = (value: unknown): value is Use =>
  typeof value === 'object' && value !== null && 'plugin' in value && 'options' in value;
