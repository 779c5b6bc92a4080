import type { StateArrays, Stateful } from '@counterweight/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { checkPosition, gather, restore, type StatePart } from './training-state.js';

/** Something with memory that refuses numbers below 0. */
function remembering(value: number): Stateful & { value: number; readonly loads: number[] } {
  const part = {
    value,
    loads: [] as number[],
    save: (): StateArrays => ({ value: Float64Array.of(part.value) }),
    load: (state: StateArrays) => {
      const given = state['value']![0]!;
      if (given < 0) throw new Error('refused');
      part.value = given;
      part.loads.push(given);
    },
  };
  return part;
}

test('each part gets its own arrays, also where one name begins as another does', () => {
  const names = ['callbacks/1', 'callbacks/10', 'callbacks/11', 'loss', 'optimizer'];
  const parts = (offset: number) => names.map((name, i) => [name, remembering(i + offset)] as const);
  const [from, to] = [parts(1), parts(50)];
  restore(to, gather(from));
  expect(to.map(([, { value }]) => value)).toEqual([1, 2, 3, 4, 5]);
  restore([...to].reverse(), gather(parts(7)));
  expect(to.map(([, { value }]) => value)).toEqual([7, 8, 9, 10, 11]);
});

test('when a part refuses, those before it get back what they had, the last one first', () => {
  const order: string[] = [];
  const watched = (name: string, value: number) => {
    const part = remembering(value);
    const load = part.load.bind(part);
    part.load = (state) => {
      load(state);
      order.push(`${name} ${state['value']![0]}`);
    };
    return [name, part] as const;
  };
  const parts = [watched('a', 1), watched('b', 2), watched('c', 3)] as const;
  const arrays = { 'a/value': Float64Array.of(10), 'b/value': Float64Array.of(20), 'c/value': Float64Array.of(-1) };
  expect(() => {
    restore(parts, arrays);
  }).toThrow('refused');
  expect(parts.map(([, { value }]) => value)).toEqual([1, 2, 3]);
  expect(order).toEqual(['a 10', 'b 20', 'b 2', 'a 1']);
});

test('an array that no part claims is refused before any is loaded', () => {
  const part: StatePart & readonly [string, ReturnType<typeof remembering>] = ['a', remembering(1)];
  expect(() => {
    restore([part], { 'a/value': Float64Array.of(9), 'ab/value': Float64Array.of(1) });
  }).toThrow(expect.objectContaining({ code: 'training-state-wrong' }) as Error);
  expect(part[1].loads).toEqual([]);
});

describe('a position', () => {
  const accepts = (at: { epoch: number; batch: number; step: number }, planned: number[], accumulate: number) => {
    try {
      checkPosition(at, planned, accumulate);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'training-state-wrong' });
      return false;
    }
  };

  test('is one that a run passes through, step by step', () => {
    const run = fc.record({
      batches: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
      accumulate: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(run, ({ batches, accumulate }) => {
        const planned = batches.map((count) => Math.ceil(count / accumulate));
        let step = 0;
        batches.forEach((count, epoch) => {
          for (let batch = 0; batch <= count; batch = Math.min(batch + accumulate, count)) {
            expect(accepts({ epoch, batch, step }, planned, accumulate)).toBe(true);
            if (batch === count) break;
            step++;
          }
        });
        expect(accepts({ epoch: batches.length, batch: 0, step }, planned, accumulate)).toBe(true);
      }),
    );
  });

  test.each([
    { epoch: 0, batch: 7, step: 4 }, // past the epoch's end, where another step would be
    { epoch: 0, batch: 8, step: 4 },
    { epoch: 1, batch: 0, step: 4 },
    { epoch: 1, batch: 2, step: 3 },
    { epoch: 0, batch: 1, step: 1 }, // within a step
    { epoch: 3, batch: 0, step: 9 },
    { epoch: 2, batch: 2, step: 7 },
    { epoch: -1, batch: 0, step: 0 },
    { epoch: 0, batch: -2, step: -1 },
    { epoch: 0.5, batch: 0, step: 0 },
    { epoch: 0, batch: 1.5, step: 1 },
    { epoch: NaN, batch: 0, step: 0 },
  ])('%j is none of a run of two epochs with three steps of two batches', (at) => {
    expect(accepts(at, [3, 3], 2)).toBe(false);
  });
});
