/** Names of classes get numbers: those of a class list, or in the order in which they are first seen. */
import type { TableOptions } from './row.js';
import { detached } from './text.js';
import { count, quote, some } from './wording.js';

/** A name that is no class: `IGNORED` by the class list; `NEW` until the row that lists it is accepted. */
const NEW = -1;
const IGNORED = -2;

export class ClassNumbers {
  private readonly numbers: Map<string, number>;
  private readonly ignored = new Map<string, number>();
  private entriesIgnored = 0;
  private looks: Map<string, string> | undefined;

  /** @param list the class list: names outside it are problems, or are ignored */
  constructor(
    private readonly list: ReadonlyMap<string, number> | undefined,
    private readonly options: Pick<TableOptions, 'strict' | 'separator'>,
  ) {
    this.numbers = new Map(list);
  }

  /** Makes classes known before a row lists them. */
  declare(names: readonly string[]): void {
    for (const name of names) this.numberOf(name, NEW);
  }

  /** The number of each name, or what `numberOf` settles once the row is accepted. Millions of names pass through here. */
  find(names: readonly string[], problem: (what: string) => void): number[] {
    const found = names.map((name) => this.numbers.get(name) ?? NEW);
    if (!found.includes(NEW)) return found;
    if (names.some((name) => name.trim() === ''))
      problem(`an empty label in ${quote(names.join(this.options.separator))}`);
    return found.map((number, i) => (number === NEW ? this.look(names[i]!, problem) : number));
  }

  /** The number of a name that `find` has seen; undefined: ignored. */
  numberOf(name: string, found: number): number | undefined {
    if (found >= 0) return found;
    if (found === IGNORED) {
      this.ignore(name.trim());
      return undefined;
    }
    const trimmed = detached(name.trim());
    const number = this.numbers.get(trimmed) ?? this.numbers.size;
    this.numbers.set(trimmed, number);
    return number;
  }

  /** Classes in their order, and the column of each number. */
  ordered(): { readonly classes: string[]; readonly columnOf: Uint32Array } {
    const names = [...this.numbers.keys()];
    // Without a comparator: ascending UTF-16 code units, the same everywhere.
    const classes = this.list ? names : names.slice().sort();
    const columnOf = new Uint32Array(names.length);
    classes.forEach((name, column) => (columnOf[this.numbers.get(name)!] = column));
    return { classes, columnOf };
  }

  notices(): string[] {
    if (this.entriesIgnored === 0) return [];
    const labels = Array.from(this.ignored, ([name, times]) => `${quote(name)} (${times})`);
    return [`${count(this.entriesIgnored, 'label')} of rows ignored, not in the class list: ${some(labels)}.`];
  }

  private look(name: string, problem: (what: string) => void): number {
    const trimmed = name.trim();
    const number = this.numbers.get(trimmed);
    if (number !== undefined) return number;
    if (trimmed === '') return NEW;
    if (detached(trimmed) !== trimmed) problem(`${quote(trimmed)} is not Unicode text`);
    if (!this.list) return NEW;
    if (this.options.strict) problem(`${quote(trimmed)} is not in the class list${this.suggestion(trimmed)}`);
    return IGNORED;
  }

  private suggestion(name: string): string {
    this.looks ??= new Map(Array.from(this.list?.keys() ?? [], (known) => [lookOf(known), known]));
    const alike = this.looks.get(lookOf(name));
    return alike === undefined ? '' : `, ${quote(alike)} is`;
  }

  private ignore(name: string): void {
    this.entriesIgnored++;
    const times = this.ignored.get(name);
    if (times !== undefined) this.ignored.set(name, times + 1);
    else if (this.ignored.size < 1000) this.ignored.set(detached(name), 1);
  }
}

/** Equal for names that differ in case or Unicode form only. */
export const lookOf = (name: string): string => name.normalize('NFC').toLowerCase();
