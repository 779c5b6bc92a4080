/** Something wrong with one line of a table. */
export interface Problem {
  /** From 1; 0: of the file as a whole, or of a folder. */
  readonly line: number;
  readonly what: string;
}

/** Problems of one file. A table can have millions: `problems` may be the first of `total`. */
export interface Listing {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Default: `problems.length`. */
  readonly total?: number;
}

const SHOWN = 10;

/** All of a kind in one message: the first ten by line, and how many more there are. */
export const listing = ({ file, problems, total = problems.length }: Listing): string =>
  [
    total === 1 ? '1 problem' : `${total} problems`,
    ...problems.slice(0, SHOWN).map(({ line, what }) => `    ${file}${line > 0 ? `:${line}` : ''}: ${what}`),
    ...(total > SHOWN ? [`    and ${total - SHOWN} more`] : []),
  ].join('\n');

/** Collects the problems of one file; holds those that will be shown and counts the rest. */
export class Problems implements Listing {
  readonly problems: Problem[] = [];
  total = 0;

  constructor(readonly file: string) {}

  add(line: number, what: string): void {
    this.total++;
    if (this.problems.length < SHOWN) this.problems.push({ line, what });
  }
}
