/** A file that fixes the classes and their order. */
import { csvRecords } from './csv.js';
import { errors } from './errors.js';
import { eachLine } from './lines.js';
import { Problems } from './problems.js';
import { detached } from './text.js';
import { quote } from './wording.js';

/**
 * Reads a list of classes: a CSV file whose first line names the column `class`, else one name per line, taken whole.
 * @returns the index of each class, in order
 * @throws class-list-invalid, table-unreadable, table-text-invalid
 */
export async function readClassList(file: string): Promise<Map<string, number>> {
  const classes = new Map<string, number>();
  const firstLine = new Map<string, number>();
  const problems = new Problems(file);
  const add = (text: string, line: number): void => {
    const name = detached(text.trim());
    const first = firstLine.get(name);
    if (name === '') problems.add(line, 'no class');
    else if (first !== undefined) problems.add(line, `${quote(name)} again (first at line ${first})`);
    else {
      classes.set(name, classes.size);
      firstLine.set(name, line);
    }
  };

  let isTable: boolean | undefined;
  await eachLine(file, (text, line) => {
    if (text.trim() === '') return;
    isTable ??= /(^|,)\s*"?class"?\s*(,|$)/i.test(text);
    if (!isTable) add(text, line);
  });
  let column = -1;
  if (isTable)
    for await (const { cells, line } of csvRecords(file))
      if (column < 0) column = cells.findIndex((name) => name.trim().toLowerCase() === 'class');
      else add(cells[column] ?? '', line);

  if (problems.total > 0 || classes.size === 0)
    throw errors['class-list-invalid'](problems, { place: { file, line: problems.problems[0]?.line ?? 1 } });
  return classes;
}
