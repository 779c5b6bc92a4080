import { randomStream } from '@counterweight/core';
import { expect, test } from 'vitest';

import { fillRandomBits } from './random-bits.js';

/** xoshiro128++ as published, on whole numbers without end. */
function* published(state: readonly number[]): Generator<number> {
  const mask = 0xffffffffn;
  const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
  const s = state.map(BigInt);
  for (;;) {
    yield Number((rotate((s[0]! + s[3]!) & mask, 7n) + s[0]!) & mask);
    const t = (s[1]! << 9n) & mask;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11n);
  }
}

test('the published generator gives the published numbers', () => {
  const numbers = published([1, 2, 3, 4]);
  const found = Array.from({ length: 10 }, () => numbers.next().value as number);
  // xoshiro128plusplus.c with that state, as in the tests of Rust's rand.
  const want = [641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011];
  expect(found).toEqual([...want, 621204420]);
});

test('and so does ours, from the next four numbers of the stream', () => {
  for (let seed = 0; seed < 50; seed++) {
    const stream = randomStream(seed);
    const numbers = published(Array.from({ length: 4 }, () => stream.integer(2 ** 32)));
    const want = Array.from({ length: 200 }, () => numbers.next().value as number);
    expect([...fillRandomBits(new Uint32Array(200), randomStream(seed))]).toEqual(want);
  }
});

test('streams with neighbouring names are independent: pairs fill 16 × 16 cells evenly', () => {
  const root = randomStream(3);
  const counts = new Float64Array(256);
  const n = 1_000;
  for (let i = 0; i < 256; i++) {
    const [one, other] = [i, i + 1].map((name) => fillRandomBits(new Uint32Array(n), root.fork(name)));
    for (let j = 0; j < n; j++) counts[(one![j]! >>> 28) * 16 + (other![j]! >>> 28)]!++;
  }
  const chiSquare = counts.reduce((sum, count) => sum + (count - n) ** 2 / n, 0);
  expect(Math.abs(chiSquare - 255)).toBeLessThan(4 * Math.sqrt(2 * 255));
});
