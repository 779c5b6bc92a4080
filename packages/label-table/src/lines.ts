import { errors } from './errors.js';
import { LONGEST, textBlocks, TOO_LONG } from './text.js';

/**
 * Visits the lines of a file in order; blank ones too. A line ends by LF, CR or both: `node:readline` would also end one at
 * U+2028, which JSON may hold, and sets no limit to its length.
 * @throws table-unreadable, table-text-invalid; what `visit` throws
 */
export async function eachLine(file: string, visit: (text: string, line: number) => void): Promise<void> {
  let line = 1;
  let held = '';
  for await (const block of textBlocks(file)) {
    const lines = (held + block.toString()).split(/\r\n|\n|\r(?!$)/);
    held = lines.pop()!;
    for (const text of lines) visit(text, line++);
    if (held.length > LONGEST) throw errors['table-text-invalid']({ found: TOO_LONG }, { place: { file, line } });
  }
  if (held.endsWith('\r')) held = held.slice(0, -1);
  if (held !== '') visit(held, line);
}
