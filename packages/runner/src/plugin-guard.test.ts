import { originOf } from '@counterweight/core';
import { describe, expect, test } from 'vitest';

import { currentCall } from './calls-under-way.js';
import { errors } from './errors.js';
import { callPlugin } from './plugin-call.js';
import type { Contract } from './plugin-contract.js';
import { guarded, guardedMade } from './plugin-guard.js';

const origin = { use: 'some-plugin', place: { file: 'manifest.yaml', line: 3 } };
const contract: Contract = {
  expected: 'a counter',
  made: (made) => ('count' in made ? undefined : { found: 'no count', expected: 'a count' }),
  results: { next: (n) => (n === 3 ? { found: 'three', expected: 'another number' } : undefined) },
  asynchronous: ['failLater', 'later'],
  aside: ['report'],
};

class Counter {
  #count = 0;
  get count(): number {
    return this.#count;
  }
  get broken(): number {
    throw new Error('no luck');
  }
  next(): number {
    return ++this.#count;
  }
  fail(): never {
    throw new TypeError('no luck');
  }
  failLater(): Promise<never> {
    return Promise.reject(new TypeError('no luck'));
  }
  later(): Promise<string | undefined> {
    return Promise.resolve().then(() => currentCall()?.doing);
  }
  hasten(): Promise<number> {
    return Promise.resolve(1);
  }
  refuse(): never {
    throw errors['manifest-empty'](undefined);
  }
  throwText(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- plugins may
    throw 'no luck';
  }
  throwObject(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- plugins may
    throw { reason: 'no luck' };
  }
}

const counting = () => guarded(new Counter(), origin, contract);

describe('what a plugin made', () => {
  test('works as before, private state and getters included, also where it is frozen', () => {
    const counter = counting();
    expect([counter.next(), counter.next(), counter.count]).toEqual([1, 2, 2]);
    expect(counter).toBeInstanceOf(Counter);
    expect('next' in counter && !('other' in counter)).toBe(true);
    expect(guarded(Object.freeze({ kind: 'draw', draw: () => 7 }), origin, contract).draw()).toBe(7);
  });

  test('can be spread: methods of a class too, and where it comes from', () => {
    class Sampler {
      readonly kind = 'mine';
      #mined = 0;
      mine(): number {
        return ++this.#mined;
      }
    }
    const spread = Object.assign({}, guarded(new Sampler(), origin, contract), { startEpoch: 0 });
    expect([spread.kind, spread.mine(), spread.mine(), originOf(spread)]).toEqual(['mine', 1, 2, origin]);
  });

  test.each([
    ['fail', 'in fail: no luck'],
    ['failLater', 'in failLater: no luck'],
    ['throwText', 'in throwText: no luck'],
    ['throwObject', "in throwObject: it threw { reason: 'no luck' }"],
    ['broken', 'reading broken: no luck'],
  ] as const)('names its entry when %s fails', async (member, told) => {
    const counter = counting();
    const call = async (): Promise<unknown> => {
      const value: unknown = Reflect.get(counter, member);
      return typeof value === 'function' ? await (value as () => unknown)() : value;
    };
    await expect(call).rejects.toMatchObject({ code: 'plugin-throws', exit: 4, place: origin.place });
    await expect(call).rejects.toThrow(`some-plugin, ${told}`);
  });

  test('keeps errors of ours, told where its entry stands', () => {
    expect(() => counting().refuse()).toThrow(/manifest-empty {2}manifest.yaml:3/);
  });

  test('has results that its contract knows, or none', () => {
    const counter = counting();
    expect([counter.next(), counter.next()]).toEqual([1, 2]);
    expect(() => counter.next()).toThrow(
      expect.objectContaining({
        code: 'plugin-breaks-contract',
        found: 'some-plugin, in next: three',
        expected: 'another number',
      }) as Error,
    );
    expect(() => counter.hasten()).toThrow('some-plugin, in hasten: a promise');
    expect(() => guardedMade({}, { origin, doing: 'being created' }, contract)).toThrow('being created: no count');
    expect(() => guardedMade(7, { origin, doing: 'being created' }, contract)).toThrow('being created: 7');
  });

  test('is known to the code that it runs, also after a wait; afterwards nothing is under way', async () => {
    expect(await counting().later()).toBe('in later');
    expect(callPlugin(origin, 'in some method', () => currentCall()?.origin)).toBe(origin);
    expect(currentCall()).toBeUndefined();
  });
});
