/** One row as any of the formats gives it, not yet checked against the others. Text is as written, not trimmed. */
export interface Row {
  /** From 1. */
  readonly line: number;
  /** undefined: the table has no key column. */
  readonly key: string | undefined;
  readonly labels: readonly string[];
  /** [labels] soft targets; absent: all 1. */
  readonly targets?: readonly number[];
  readonly unknown: readonly string[];
  readonly negative: readonly string[];
  /** Whether the names are known to be distinct and not empty, as those of columns are. */
  readonly distinct?: true;
  /** undefined: not given. */
  readonly split: string | undefined;
  readonly group: string | undefined;
  readonly weight: string | undefined;
  /** What was wrong in the row by itself. */
  readonly problems: readonly string[];
}

/** How to read a table. */
export interface TableOptions {
  /** What stands between two labels of a cell. */
  readonly separator: string;
  /** Absolute path of a list of classes: it fixes them and their order. */
  readonly classes?: string;
  readonly unlisted: 'negative' | 'unknown';
  /** `false`: rows with problems are left out and labels that are no class ignored, counted and listed in the notices. */
  readonly strict: boolean;
  /** Rows belong to what they describe by their order: none may be left out, so faulty ones are refused in any case. */
  readonly byOrder?: boolean;
  /** Name of the column that names the example. Where it is `id`, a column `image` will do. */
  readonly key: 'image' | 'id';
  readonly keyRequired: boolean;
}
