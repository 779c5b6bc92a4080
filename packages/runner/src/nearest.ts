import { parse } from 'node:path';

import { distance } from 'fastest-levenshtein';

/**
 * The name most like `wrong`, if one is near: at most two edits in five letters. Case and separators do not count, letters in
 * another order are one edit, and a package's name may lack its scope or its first word (`focal` for `@acme/loss-focal`);
 * `counterweight-` counts as a scope (`focal` for `counterweight-loss-focal`).
 * A scope that is given counts by itself: an equal one makes no two packages alike, another one makes them different.
 */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  const [best] = names
    .flatMap((name) => {
      const edits = editsToName(wrong, name);
      return edits === undefined ? [] : [{ name, edits }];
    })
    .sort((a, b) => a.edits - b.edits);
  return best?.name;
}

/** Undefined where they are too many. */
function editsToName(wrong: string, name: string): number | undefined {
  const [scope, given] = parts(wrong);
  const [itsScope, own] = parts(name);
  const ofScope = scope === '' ? 0 : editsBetween(scope, itsScope);
  if (ofScope > MOST_IN_SCOPE) return undefined;
  const short = own.replace(/^counterweight-/, '');
  const isOfScope = itsScope !== '' || short !== own;
  const [closest] = [own, ...(isOfScope ? [short, short.replace(/^[^-]*-/, '')] : [])]
    .map((form) => ({
      edits: editsBetween(plain(given), plain(form)),
      length: Math.max(plain(given).length, plain(form).length),
    }))
    .filter(({ edits, length }) => edits <= Math.min(Math.max(1, 0.4 * length), length - 1))
    .sort((a, b) => a.edits - b.edits);
  return closest && ofScope + closest.edits;
}

const MOST_IN_SCOPE = 2;

/** Of a package's name: its scope, if any, and the rest. */
function parts(name: string): readonly [scope: string, own: string] {
  const scope = /^@[^/]*\//.exec(name)?.[0] ?? '';
  return [scope, name.slice(scope.length)];
}

/** The file of a folder that was perhaps meant: an equal extension says nothing about the name. */
export function nearestFile(wrong: string, files: readonly string[]): string | undefined {
  const names = new Map(files.map((file) => [parse(file).name, file]));
  const near = nearest(parse(wrong).name, [...names.keys()]);
  return near === undefined ? undefined : names.get(near);
}

const plain = (name: string): string => name.toLowerCase().replace(/[-_ ]/g, '');
const letters = (name: string): string => Array.from(name).sort().join('');
const editsBetween = (a: string, b: string): number => (a !== b && letters(a) === letters(b) ? 1 : distance(a, b));
