import { expect, test } from 'vitest';

import { philox, randomStream, shuffle } from './random.js';

const hex = (numbers: Uint32Array): string => [...numbers].map((x) => x.toString(16).padStart(8, '0')).join(' ');

test('Philox4x32-10 answers the known values of Random123 (kat_vectors)', () => {
  expect(hex(philox([0, 0], [0, 0, 0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  const ones = 0xffffffff;
  expect(hex(philox([ones, ones], [ones, ones, ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
  expect(hex(philox([0xa4093822, 0x299f31d0], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]))).toBe(
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  );
});

test('a fork depends on its path only, not on how far its parent has moved', () => {
  const parent = randomStream(7);
  const before = parent.fork('a').uniform();
  parent.uniform();
  expect(parent.fork('a').uniform()).toBe(before);
  expect(randomStream(7).fork('a').uniform()).toBe(before);
  expect(parent.fork('b').uniform()).not.toBe(before);
  expect(parent.fork(1).uniform()).not.toBe(parent.fork('1').uniform());
  expect(randomStream(8).fork('a').uniform()).not.toBe(before);
});

test('forks of neighbouring names are uncorrelated and uniform', () => {
  const [n, bins] = [40_000, 20];
  const counts = new Float64Array(bins);
  let product = 0;
  for (let i = 0; i < n; i++) {
    const [a, b] = [
      randomStream(1).fork(i).uniform(),
      randomStream(1)
        .fork(i + 1)
        .uniform(),
    ];
    counts[Math.floor(a * bins)]!++;
    product += (a - 0.5) * (b - 0.5);
  }
  const chiSquare = counts.reduce((sum, count) => sum + (count - n / bins) ** 2 / (n / bins), 0);
  expect(chiSquare).toBeLessThan(45); // 19 degrees of freedom: P < 0.001
  expect(Math.abs(product / n) * 12).toBeLessThan(0.02);
});

test('integers are unbiased and inside; normals have the moments of a normal', () => {
  const random = randomStream(3);
  const counts = new Float64Array(3);
  for (let i = 0; i < 30_000; i++) counts[random.integer(3)]!++;
  counts.forEach((count) => expect(Math.abs(count - 10_000)).toBeLessThan(350));
  const normals = Array.from({ length: 40_000 }, () => random.normal());
  const moment = (k: number): number => normals.reduce((sum, x) => sum + x ** k, 0) / normals.length;
  expect(moment(1)).toBeCloseTo(0, 1);
  expect(moment(2)).toBeCloseTo(1, 1);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
});

test('integers are unbiased below a bound that does not divide 2³²', () => {
  const random = randomStream(2);
  const low = Array.from({ length: 6000 }, () => random.integer(3 * 2 ** 30)).filter((x) => x < 2 ** 30).length;
  expect(low / 6000).toBeCloseTo(1 / 3, 1); // one half, were the remainder taken of every number
});

test.each([0, -1, NaN, 2 ** 32 + 1])('integers below %s are refused, not sought for ever', (below) => {
  expect(() => randomStream(1).integer(below)).toThrow(RangeError);
});

test('a shuffle is a permutation and depends on the seed', () => {
  const order = (seed: number): number[] => [
    ...shuffle(
      Int32Array.from({ length: 50 }, (_, i) => i),
      randomStream(seed),
    ),
  ];
  expect(order(1)).toEqual(order(1));
  expect(order(1)).not.toEqual(order(2));
  expect(order(1).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
});
