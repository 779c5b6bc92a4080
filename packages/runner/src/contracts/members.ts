import type { Wrong } from '../plugin-contract.js';

/** A value that a plugin gave, in words. */
export function given(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${(value as Uint8Array).length}`;
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const keys = Object.keys(value);
  const named = keys.length === 0 ? 'an object without keys' : `an object with ${keys.slice(0, 8).join(', ')}`;
  return keys.length > 8 ? `${named}, …` : named;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The first member that is missing or no function. */
export function missing(made: object, methods: readonly string[], optional: readonly string[] = []): Wrong | undefined {
  const members = made as Readonly<Record<string, unknown>>;
  const isThere = (name: string): boolean => typeof members[name] === 'function';
  const name =
    methods.find((one) => !isThere(one)) ?? optional.find((one) => members[one] !== undefined && !isThere(one));
  if (name === undefined) return undefined;
  const what = members[name] === undefined ? `no ${name} in ${given(made)}` : `${name} is ${given(members[name])}`;
  return { found: what, expected: `the method ${name}` };
}

/** `save` and `load`: both or none. */
export function halfStateful(made: object): Wrong | undefined {
  const wrong = missing(made, [], ['save', 'load']);
  if (wrong) return wrong;
  const { save, load } = made as { readonly save?: unknown; readonly load?: unknown };
  if ((save === undefined) === (load === undefined)) return undefined;
  return {
    found: save === undefined ? 'load without save' : 'save without load',
    expected: 'both, so that a run that was stopped goes on to the same bits; or none',
  };
}
