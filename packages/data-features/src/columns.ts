import { errors } from './errors.js';

/** Which columns of a table are features and which is the column of names. */
export interface Columns {
  /** How many columns there are. */
  readonly width: number;
  /** Position of the column `id` or `image`. */
  readonly id?: number;
  /** Positions of the features, in their order. */
  readonly features: readonly number[];
}

const idNames = ['id', 'image'];

/**
 * All columns but `id` or `image` are features.
 * @throws features-columns-invalid: two columns of names, the index that pandas writes, no feature
 */
export function columnsOf(names: readonly string[]): Columns {
  const fail = (found: string): Error => errors['features-columns-invalid']({ found });
  const ids = names.flatMap((name, at) => (idNames.includes(name) ? [at] : []));
  const features = Array.from(names.keys()).filter((at) => !ids.includes(at));
  if (ids.length > 1) throw fail(`${ids.map((at) => names[at]!).join(' and ')}: two columns of names`);
  const index = names.findIndex((name) => name === '' || name.startsWith('__index_level_'));
  if (index >= 0)
    throw fail(
      `column ${index + 1}, ${names[index] || 'without a name'}: the index of pandas (leave it out: index=False)`,
    );
  if (names.length === 1 && /[;\t]/.test(names[0]!)) throw fail(`one column; cells are separated by commas`);
  if (features.length === 0) throw fail('no column of features');
  const [id] = ids;
  return { width: names.length, ...(id !== undefined && { id }), features };
}
