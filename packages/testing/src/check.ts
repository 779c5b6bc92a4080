import { isCounterweightError, z, type AnyPlugin, type Kind } from '@counterweight/core';

import { errors } from './errors.js';

/** One law that every plugin of a kind keeps. */
export interface Check<K extends Kind = Kind> {
  readonly name: string;
  /**
   * Rejects where the plugin breaks the law.
   * @param options as in a manifest; default {}
   * @throws check-failed; kit-lacks-dependency, kit-lacks-kind; ZodError for options that the plugin refuses
   */
  run(plugin: AnyPlugin<K>, options?: unknown): Promise<void>;
}

/** @throws check-failed unless the condition holds */
export function demand(condition: boolean, expected: string, found: () => unknown): asserts condition {
  // A member that is missing is no text, whatever its type says.
  if (!condition) throw errors['check-failed']({ expected, found: String(found()) });
}

/** What a call gives, or that the plugin refused by an error of its own, which says why. @throws whatever else it throws */
export function unlessRefused<T>(call: () => T): T | 'refused' {
  try {
    return call();
  } catch (error) {
    if (isCounterweightError(error) && error.code !== 'check-failed') return 'refused';
    throw error;
  }
}

/** @throws check-failed at the first entry where |got − want| > absolute + relative·|want|, or only one is NaN */
export function demandClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { absolute, relative }: { readonly absolute: number; readonly relative: number },
): void {
  demand(got.length === want.length, `${what}: ${want.length} numbers`, () => `${got.length}`);
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, want[i]!];
    const close = Object.is(a, b) || Math.abs(a - b) <= absolute + relative * Math.abs(b);
    demand(close, `${what}[${i}] = ${b} (within ${relative} relative and ${absolute})`, () => `${a}`);
  }
}

export const demandEqual = (what: string, got: ArrayLike<number>, want: ArrayLike<number>): void =>
  demandClose(what, got, want, { absolute: 0, relative: 0 });

/** What every plugin's options must be, whatever its kind. */
export const optionsCheck = <K extends Kind>(): Check<K> => ({
  name: 'an unknown option is refused and the options have a JSON Schema',
  // What is thrown inside rejects.
  run: (plugin, options = {}) =>
    new Promise((resolve) => {
      const schema = plugin.options as z.ZodType;
      const parsed = schema.safeParse(options);
      demand(parsed.success, `options ${JSON.stringify(options)} are accepted`, () => String(parsed.error?.message));
      const { success } = schema.safeParse({ ...(options as object), 'no such option': 1 });
      demand(!success, 'an unknown option is refused: z.strictObject', () => 'it is accepted');
      z.toJSONSchema(schema, { io: 'input' });
      resolve();
    }),
});
