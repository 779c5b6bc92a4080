import type { Place } from './error.js';

/** What a manifest calls a plugin, and where: how errors name it. */
export interface PluginOrigin {
  readonly use: string;
  readonly place?: Place;
}

/** Known by name, so that two copies of core understand each other. The runner answers it for everything that plugins make. */
export const ORIGIN = Symbol.for('@counterweight/core:origin');

/** Where something that a plugin made comes from; undefined where no manifest named it. */
export const originOf = (made: object): PluginOrigin | undefined =>
  (made as { readonly [ORIGIN]?: PluginOrigin })[ORIGIN];

/** For something made out of what a plugin made: `{ ...sameOrigin(loss), kind, … }`. */
export function sameOrigin(made: object): object {
  const origin = originOf(made);
  return origin ? { [ORIGIN]: origin } : {};
}
