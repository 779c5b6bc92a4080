import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { predictionsFormat, type Choice, type FormatName } from './predictions-format.js';

const about = { key: 'image', classes: ['a', 'b', 'c', 'd'], separator: '|', threshold: 0.5 };
const PROBABILITIES = [0.5, 0.9, 0.1, 0.9];

const text = (format: FormatName, choice: Choice = {}): string => {
  const { head, row } = predictionsFormat(format, about, choice);
  return head + row('x.png', PROBABILITIES);
};

describe('CSV', () => {
  test.each([
    ['labels from the threshold on, the most probable first, equal ones in order', {}, 'b|d|a', '0.9|0.9|0.5'],
    ['another threshold', { threshold: 0.6 }, 'b|d', '0.9|0.9'],
    ['no label', { threshold: 0.95 }, '', ''],
    ['the most probable, whatever the threshold', { top: 3 }, 'b|d|a', '0.9|0.9|0.5'],
    ['of equal ones no more than asked for', { top: 1 }, 'b', '0.9'],
    ['more than there are', { top: 9 }, 'b|d|a|c', '0.9|0.9|0.5|0.1'],
    ['the most probable above a threshold', { top: 3, threshold: 0.8 }, 'b|d', '0.9|0.9'],
  ])('%s', (_, choice, labels, probabilities) => {
    expect(text('csv', choice)).toBe(`image,labels,probabilities\nx.png,${labels},${probabilities}\n`);
  });

  test('all: a column per class', () => {
    expect(text('csv', { all: true })).toBe('image,a,b,c,d\nx.png,0.5,0.9,0.1,0.9\n');
  });

  test('any id and any class are read back by another program', () => {
    const names = fc.uniqueArray(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a, "b"\r\n', '🙂', ' x ', '=1+1')),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(names, fc.string({ unit: 'binary' }), (classes, id) => {
        const own = { ...about, classes, separator: '\u0000' };
        fc.pre(classes.every((name) => !name.includes('\u0000')));
        const probabilities = classes.map((_, c) => 1 - c / 10);
        const { head, row } = predictionsFormat('csv', own);
        expect(parse(head + row(id, probabilities))).toEqual([
          ['image', 'labels', 'probabilities'],
          [id, classes.join('\u0000'), probabilities.join('\u0000')],
        ]);
        const wide = predictionsFormat('csv', own, { all: true });
        expect(parse(wide.head + wide.row(id, probabilities))).toEqual([
          ['image', ...classes],
          [id, ...probabilities.map(String)],
        ]);
      }),
    );
  });
});

describe('JSON Lines', () => {
  test('an object a line, with the labels chosen', () => {
    const line = text('jsonl', { top: 1 });
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({ image: 'x.png', labels: [{ class: 'b', probability: 0.9 }] });
  });

  test('all: every class, the most probable first', () => {
    const { labels } = JSON.parse(text('jsonl', { all: true })) as { labels: { class: string }[] };
    expect(labels.map((label) => label.class)).toEqual(['b', 'd', 'a', 'c']);
  });

  test('whatever an id holds stays on its line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        const line = predictionsFormat('jsonl', about).row(id, PROBABILITIES);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect((JSON.parse(line) as { image: string }).image).toBe(id);
      }),
    );
  });
});

test('probabilities keep the digits of a float32', () => {
  for (const probability of [1 / 3, 1e-12, 0.9999999, 1, 0]) {
    const [, written] = predictionsFormat('csv', about, { all: true }).row('x', [probability]).trimEnd().split(',');
    expect(Number(written)).toBeCloseTo(probability, 7);
    expect(Math.abs(Number(written) - probability)).toBeLessThanOrEqual(probability * 5.1e-7);
  }
});

test('the k most probable of thousands are those that sorting finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (numbers, top) => {
        const probabilities = numbers.map((n) => n / 20);
        const own = { ...about, classes: numbers.map((_, c) => `c${c}`) };
        const sorted = [...numbers.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b).slice(0, top);
        const { row } = predictionsFormat('csv', own, { top });
        expect(row('x', probabilities).split(',')[1]).toBe(sorted.map((c) => `c${c}`).join('|'));
      },
    ),
  );
});
