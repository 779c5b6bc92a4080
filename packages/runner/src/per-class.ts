import { labelStatistics, PER_CLASS_COLUMNS, SPLITS, type Dataset } from '@counterweight/core';

/**
 * `per-class.csv`: the columns of `PER_CLASS_COLUMNS`, then every other metric per class of the test split
 * (`prevalence_ratio_decided`). Empty where undefined.
 * @param metrics [classes] each, by dotted name
 */
export function perClassTable(
  { classes, labels, splits }: Dataset,
  { averagePrecision, ...others }: Readonly<Record<string, Float64Array>>,
): string {
  const counts = SPLITS.map((split) => labelStatistics(labels, splits[split]).positives);
  const columns = [...counts, averagePrecision, ...Object.values(others)];
  const header = [...PER_CLASS_COLUMNS, ...Object.keys(others).map(snakeCase)];
  const rows = classes.map((name, c) => [quoted(name), ...columns.map((values) => written(values?.[c]))]);
  return [header, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
}

const snakeCase = (name: string): string =>
  name.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const written = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '' : String(value);

const quoted = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
