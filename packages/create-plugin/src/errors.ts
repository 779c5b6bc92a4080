import { defineErrors } from '@counterweight/core';

import { isKind, KINDS } from './kinds.js';

const kinds = (): string =>
  Object.entries(KINDS)
    .map(([kind, { title }]) => `${kind.padEnd(12)}${title}`)
    .join('\n');

/** What a package may be called. */
export const NAME_RULE =
  'lower-case letters, digits, hyphens, dots and underscores, 214 at most, beginning with a letter or digit; perhaps after @SCOPE/';

export const errors = defineErrors({
  'package-name-missing': {
    exit: 2,
    title: 'The new package has no name.',
    found: (_: { kind: string }) => 'no name, and no terminal to ask at',
    expected: () => 'the name of a package',
    remedy: ({ kind }) => `npm create @counterweight/plugin my-${kind} -- --kind ${kind}`,
  },
  'package-name-invalid': {
    exit: 2,
    title: 'That is no name for a new package.',
    found: ({ name }: { name: string }) => JSON.stringify(name),
    expected: () => `${NAME_RULE}; not the name of a module of Node or of a package that the new one needs`,
    remedy: () => 'my-loss, or @me/my-loss',
  },
  'package-arguments': {
    exit: 2,
    title: 'More was given than the name of one package.',
    found: ({ given }: { readonly given: readonly string[] }) => given.join(' '),
    expected: () => 'one name; npm keeps what begins with a hyphen to itself unless -- stands before it',
    remedy: ({ given }: { readonly given: readonly string[] }) =>
      `npm create @counterweight/plugin ${given[0]!} -- --kind ${given.find((word) => isKind(word)) ?? 'loss'}`,
  },
  'package-kind-missing': {
    exit: 2,
    title: 'It is not said what kind of plugin is wanted.',
    found: ({ name }: { name: string }) => `no --kind for ${name}, and no terminal to ask at`,
    expected: kinds,
    remedy: ({ name }) => `npm create @counterweight/plugin ${name} -- --kind loss`,
  },
  'package-kind-unknown': {
    exit: 2,
    title: 'There is no such kind of plugin.',
    found: ({ kind }: { kind: string }) => JSON.stringify(kind),
    expected: kinds,
    remedy: () => '--kind with one of these words',
  },
  'package-folder-occupied': {
    exit: 2,
    title: 'The folder for the new package is not empty.',
    found: ({ folder, entry }: { folder: string; entry: string }) => `${entry} in ${folder}`,
    expected: () => 'a folder that does not exist, or is empty (a .git in it may stay)',
    remedy: () => 'another name, or --folder with another folder; nothing was written',
  },
  'package-folder-unusable': {
    exit: 2,
    title: 'The new package could not be written.',
    found: ({ folder, message }: { folder: string; message: string }) => `${folder}: ${message}`,
    expected: () => 'a folder that can be made and written',
    remedy: () => '--folder with another folder; nothing was left behind',
  },
});
