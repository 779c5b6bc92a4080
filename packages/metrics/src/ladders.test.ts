import fc from 'fast-check';
import { expect, test } from 'vitest';

import { buildLadders, countEntries, descend, discountPositives, roughlyInOrder } from './ladders.js';

const score = fc.oneof(
  fc.constantFrom(-0, 0, 1, 2),
  fc.float({ noNaN: true }),
  fc.float({ min: -4, max: 4, noNaN: true }),
);
const scores = fc.array(score, { maxLength: 60 }).map((list) => Float32Array.from(list));

test('every entry is counted on the rung that it equals or in the gap above the highest below it', () => {
  fc.assert(
    fc.property(scores, scores, scores, (first, second, entries) => {
      const ladders = buildLadders(
        Float32Array.of(...first, ...second),
        Uint32Array.of(0, first.length, first.length + second.length),
      );
      [first, second].forEach((positives, ladder) => {
        countEntries(ladders, ladder, entries);
        const rungs = [...new Set(positives)].sort((a, b) => b - a); // a Set takes −0 for 0
        const seen: unknown[] = [];
        descend(ladders, ladder, (...rung) => seen.push(rung));
        expect(seen).toEqual(
          rungs.map((rung) => [
            positives.filter((z) => z === rung).length,
            entries.filter((z) => z === rung).length,
            entries.filter((z) => z > rung).length,
          ]),
        );
      });
    }),
    { numRuns: 500 },
  );
});

test('rough order keeps exactly the entries that are counted', () => {
  fc.assert(
    fc.property(scores, fc.array(fc.oneof(score, fc.constant(NaN)), { maxLength: 200 }), (positives, entries) => {
      fc.pre(positives.length > 0);
      const ladders = buildLadders(positives.slice(), Uint32Array.of(0, positives.length));
      const ordered = roughlyInOrder(ladders, 0, Float32Array.from(entries));
      expect(ordered.toSorted()).toEqual(Float32Array.from(entries.filter((z) => z >= Math.min(...positives))).sort());
    }),
    { numRuns: 500 },
  );
});

test('rough order brings neighbours together', () => {
  const positives = Float32Array.from({ length: 1000 }, (_, i) => i / 1000);
  const entries = Float32Array.from({ length: 5000 }, (_, i) => ((i * 617) % 5000) / 5000);
  const ordered = roughlyInOrder(buildLadders(positives, Uint32Array.of(0, 1000)), 0, entries);
  const steps = ordered.subarray(1).map((z, i) => Math.abs(z - ordered[i]!));
  expect(Math.max(...steps)).toBeLessThan(0.003);
});

test('entries taken back leave nothing, nor do positives that were counted among them', () => {
  const positives = Float32Array.of(3, 1, 1, 2);
  const ladders = buildLadders(positives.slice(), Uint32Array.of(0, 4));
  const others = Float32Array.of(0, 1, 1.5, 7, NaN);
  countEntries(ladders, 0, others);
  countEntries(ladders, 0, positives);
  countEntries(ladders, 0, others, { by: -1 });
  discountPositives(ladders);
  expect(ladders.entries).toEqual(new Float64Array(6));
});

test('a stride counts one column of a matrix', () => {
  const ladders = buildLadders(Float32Array.of(1), Uint32Array.of(0, 1));
  countEntries(ladders, 0, Float32Array.of(1, 5, 0, 5, 2, 5), { start: 0, stride: 2 });
  expect(ladders.entries).toEqual(Float64Array.of(1, 1));
});
