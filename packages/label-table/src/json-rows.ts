/** Rows of JSON Lines: an object per line. */
import type { Row } from './row.js';
import { quote } from './wording.js';

const KEYS = ['image', 'id', 'labels', 'unknown', 'negative', 'split', 'group', 'weight'];

/**
 * Reads the object of a line; what is wrong with its members stands in `problems`.
 * @param key name of the member that names the example
 * @param unread receives names of members that nothing reads
 * @returns a string where the line is no object: why not
 */
export function jsonRow(text: string, line: number, key: 'image' | 'id', unread: Set<string>): Row | string {
  const object = objectIn(text);
  if (typeof object === 'string') return object;
  const problems: string[] = [];
  for (const name of Object.keys(object)) if (!KEYS.includes(name) && unread.size < 100) unread.add(name);
  const member = (name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);
  const word = (name: string): string | undefined => {
    const value = member(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    problems.push(`${name}: ${shown(value)}, expected text or a number`);
    return undefined;
  };
  const list = (name: string): string[] => {
    const value = member(name);
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every(isName)) return value.map(String);
    problems.push(`${name}: ${shown(value)}, expected a list of classes`);
    return [];
  };
  const labels = member('labels');
  if (problems.length === 0 && (labels === undefined || labels === null))
    problems.push('no labels (none: "labels": [])');
  const soft =
    typeof labels === 'object' && labels !== null && !Array.isArray(labels) ? softTargets(labels, problems) : undefined;
  return {
    line,
    key: word(key) ?? (key === 'id' ? word('image') : undefined),
    labels: soft?.labels ?? list('labels'),
    ...(soft && { targets: soft.targets }),
    unknown: list('unknown'),
    negative: list('negative'),
    split: word('split'),
    group: word('group'),
    weight: word('weight'),
    problems,
  };
}

type Members = Readonly<Record<string, unknown>>;

function objectIn(text: string): Members | string {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Members) : `${shown(value)}, expected an object`;
  } catch (error) {
    return `not JSON: ${quote(text)} (${error instanceof Error ? firstWords(error.message) : 'unreadable'})`;
  }
}

/** An object from class to target in (0, 1]. */
function softTargets(labels: object, problems: string[]): { labels: string[]; targets: number[] } {
  const entries = Object.entries(labels) as [string, unknown][];
  for (const [name, target] of entries)
    if (!(typeof target === 'number' && target > 0 && target <= 1))
      problems.push(`target ${shown(target)} of ${quote(name)}, expected a number above 0, at most 1`);
  return { labels: entries.map(([name]) => name), targets: entries.map(([, target]) => Number(target)) };
}

const isName = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? quote(value) : String(value);
}

/** The parser repeats the text that it met; what was wrong stands before it. */
const firstWords = (message: string): string => message.replace(/, (\.\.\.)?".*$/s, '').slice(0, 80);
