import { distance } from 'fastest-levenshtein';

/** The name that differs in the fewest letters, if no more than 40 % of them do. */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, edits: distance(wrong.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  return best && best.edits <= 0.4 * Math.max(wrong.length, best.name.length) ? best.name : undefined;
}
