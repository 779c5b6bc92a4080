import { parse } from 'node:path';

import { distance } from 'fastest-levenshtein';

/**
 * The name most like `wrong`, if one is near: at most two edits in five letters. Case and separators do not count, letters in
 * another order are one edit, and a package's name may lack its scope or its first word (`focal` for `@acme/loss-focal`).
 */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  const given = plain(wrong);
  const [best] = names
    .map((name) => {
      const [closest] = forms(name)
        .map((form) => ({ edits: editsBetween(given, form), length: Math.max(given.length, form.length) }))
        .sort((a, b) => a.edits - b.edits);
      const { edits, length } = closest!;
      return { name, edits, allowed: Math.min(Math.max(1, 0.4 * length), length - 1) };
    })
    .sort((a, b) => a.edits - b.edits);
  return best && best.edits <= best.allowed ? best.name : undefined;
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

function forms(name: string): readonly string[] {
  const own = name.replace(/^@[^/]*\//, '');
  return [name, own, ...(own === name ? [] : [own.replace(/^[^-]*-/, '')])].map(plain);
}
