import { builtinModules } from 'node:module';

import { KINDS, type PluginKind } from './kinds.js';

/** What things are called in the package. */
export interface Names {
  /** The package, as npm and a manifest's `use` know it. */
  readonly package: string;
  /** The plugin's own name, and that of its file: lower case, digits and hyphens. */
  readonly word: string;
  /** Its function. It ends in the kind's noun, so it is no reserved word and no name of a template's own. */
  readonly identifier: string;
  /** Its types begin with this. */
  readonly type: string;
}

/** Stricter than npm, which takes a few more signs. */
const PATTERN = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
const LONGEST = 214;
const TAKEN = new Set(['node_modules', 'favicon.ico', ...builtinModules]);

export const isPackageName = (name: string): boolean =>
  PATTERN.test(name) && name.length <= LONGEST && !TAKEN.has(name);

/** Of the templates' own in `src`, where the plugin's is called by its word. */
const FILES = new Set(['index', 'errors', 'json-lines', 'layers-format']);

/** The name without its scope: also the folder's, unless told otherwise. */
export const unscoped = (name: string): string => name.replace(/^.*\//, '');

/** @param name a package's name, `isPackageName` */
export function namesOf(name: string, kind: PluginKind): Names {
  const { noun, plugin } = KINDS[kind];
  const parts = unscoped(name)
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const whole = parts.join('-');
  // As @counterweight/loss-focal holds `focal`.
  const prefix = [kind, noun.toLowerCase(), plugin].find((one) => whole.startsWith(`${one}-`));
  const bare = prefix === undefined ? whole : whole.slice(prefix.length + 1);
  const word = FILES.has(bare) ? `${bare}-${kind}` : bare;
  const pascal = word.split('-').map(capital).join('');
  const type = /^[0-9]/.test(pascal) ? `${noun}${pascal}` : pascal;
  const ends = type.endsWith(noun) && type !== noun ? type : `${type}${noun}`;
  return { package: name, word, identifier: ends.charAt(0).toLowerCase() + ends.slice(1), type: ends };
}

const capital = (part: string): string => part.charAt(0).toUpperCase() + part.slice(1);
