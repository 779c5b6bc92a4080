/** How messages quote, count and list what may be long, hostile or many. */

/** Quoted, and no longer than a line. */
export const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** `1 row`, `2 rows`, `3 classes`. */
export const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`;

/** The first few of a list, and how many more there are. */
export function some(list: readonly string[], total = list.length): string {
  const shown = list.slice(0, 5);
  return shown.join(', ') + (total > shown.length ? ` and ${total - shown.length} more` : '');
}
