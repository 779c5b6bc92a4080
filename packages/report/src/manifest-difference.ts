/** One place in which manifests differ: a dotted path, and what each has there as YAML in flow style, null where it is absent. */
export interface ManifestDifference {
  readonly path: string;
  readonly values: readonly (string | null)[];
}

export type Mapping = Readonly<Record<string, unknown>>;

/**
 * Where resolved manifests differ, in the order of the first. Two entries that use different plugins differ as a whole,
 * since their options mean different things.
 */
export function manifestDifferences(manifests: readonly Mapping[]): readonly ManifestDifference[] {
  return differences('', manifests);
}

function differences(path: string, values: readonly unknown[]): readonly ManifestDifference[] {
  const texts = values.map((value) => (value === undefined ? null : flow(value)));
  if (new Set(texts).size <= 1) return [];
  if (!comparable(values)) return [{ path, values: texts }];
  const keys = [...new Set(values.flatMap((value) => Object.keys(value)))];
  return keys.flatMap((key) =>
    differences(
      path === '' ? key : `${path}.${key}`,
      values.map((value) => value[key]),
    ),
  );
}

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const comparable = (values: readonly unknown[]): values is readonly Mapping[] =>
  values.every(isMapping) && new Set(values.map(({ use }) => use)).size === 1;

/** A value as YAML on one line: `{ use: '@counterweight/cnn', widths: [32, 64] }`. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (isMapping(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${scalar(key)}: ${flow(item)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' ? scalar(value) : JSON.stringify(value ?? null);
}

/** Plain where YAML reads the same string back; control characters only stand between double quotes. */
function scalar(text: string): string {
  if (/^[A-Za-z_/][\w./ -]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$| $/i.test(text)) return text;
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(text) ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;
}
