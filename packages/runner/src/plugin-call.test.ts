import { describe, expect, test } from 'vitest';

import { errors } from './errors.js';
import { guarded } from './plugin-call.js';

const caller = { use: 'some-plugin', place: { file: 'manifest.yaml', line: 3 } };

class Counter {
  #count = 0;
  next(): number {
    return ++this.#count;
  }
  fail(): never {
    throw new TypeError('no luck');
  }
  failLater(): Promise<never> {
    return Promise.reject(new TypeError('no luck'));
  }
  refuse(): never {
    throw errors['manifest-empty'](undefined);
  }
}

describe('what a plugin made', () => {
  test('works as before, private state included, also where it is frozen', () => {
    const counter = guarded(new Counter(), caller);
    expect([counter.next(), counter.next()]).toEqual([1, 2]);
    expect(guarded(Object.freeze({ kind: 'draw', draw: () => 7 }), caller).draw()).toBe(7);
  });

  test.each(['fail', 'failLater'] as const)('names its entry when a method does %s', async (method) => {
    const counter = guarded(new Counter(), caller);
    const expected = { code: 'plugin-throws', exit: 4, place: caller.place };
    await expect(async () => counter[method]()).rejects.toMatchObject(expected);
    await expect(async () => counter[method]()).rejects.toThrow(`some-plugin, in ${method}: no luck`);
  });

  test('keeps errors of ours, told where its entry stands', () => {
    const counter = guarded(new Counter(), caller);
    expect(() => counter.refuse()).toThrow(/manifest-empty {2}manifest.yaml:3/);
  });
});
