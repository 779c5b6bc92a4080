import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { flow, manifestDifferences } from './manifest-difference.js';

const plain = { loss: { use: 'a', gamma: 2, weights: 'none' }, samplers: [], training: { epochs: 16 } };

test('equal manifests differ nowhere', () => {
  expect(manifestDifferences([plain, structuredClone(plain)])).toEqual([]);
});

test('an option of one plugin is named by its path', () => {
  const other = { ...plain, loss: { ...plain.loss, gamma: 3 }, training: { epochs: 8 } };
  expect(manifestDifferences([plain, other])).toEqual([
    { path: 'loss.gamma', values: ['2', '3'] },
    { path: 'training.epochs', values: ['16', '8'] },
  ]);
});

test('entries of different plugins differ as a whole, absent keys are null', () => {
  const other = { loss: { use: 'b' }, samplers: [{ use: 'c', scope: 'batch' }] };
  expect(manifestDifferences([plain, other])).toEqual([
    { path: 'loss', values: ['{ use: a, gamma: 2, weights: none }', '{ use: b }'] },
    { path: 'samplers', values: ['[]', '[{ use: c, scope: batch }]'] },
    { path: 'training', values: ['{ epochs: 16 }', null] },
  ]);
});

test('what flow writes, YAML reads back', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 3, stringUnit: 'grapheme' }).map((text): unknown => JSON.parse(text)),
      (value) => {
        expect(parse(`x: ${flow(value)}`)).toEqual({ x: value });
      },
    ),
  );
  for (const text of [
    'true',
    'null',
    '1',
    '0x1',
    '1e3',
    '~',
    '.inf',
    'a: b',
    '@counterweight/cnn',
    'it’s',
    "it's",
    '',
    'two\nlines',
    '\u2028',
    ' a ',
    '- a',
  ])
    expect(parse(`x: ${flow(text)}`)).toEqual({ x: text });
});
