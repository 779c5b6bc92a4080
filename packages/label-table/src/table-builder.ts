/** Rows of any format, checked against each other, become a label table. */
import { SPLITS, sparseLabels } from '@counterweight/core';

import { ClassNumbers } from './class-numbers.js';
import { numberIn } from './csv-rows.js';
import { errors } from './errors.js';
import { Growing } from './growing.js';
import type { LabelTable } from './label-table.js';
import { Problems } from './problems.js';
import type { Row, TableOptions } from './row.js';
import { SparseRows } from './sparse-rows.js';
import { detached } from './text.js';
import { count, quote, some } from './wording.js';

const splitNumbers: ReadonlyMap<string, number> = new Map([
  ...SPLITS.map((split, number) => [split, number] as const),
  ['val', SPLITS.indexOf('validation')],
]);

export class TableBuilder {
  readonly classes: ClassNumbers;
  private readonly problems: Problems;
  private readonly ids: string[] = [];
  private readonly lines = new Growing((length) => new Int32Array(length));
  private readonly positives = new SparseRows();
  private readonly exceptions = new SparseRows();
  private readonly splits = new Growing((length) => new Uint8Array(length));
  private readonly groups = new Growing((length) => new Int32Array(length));
  private readonly weights = new Growing((length) => new Float32Array(length));
  private readonly firstLine = new Map<string, number>();
  private readonly groupNumbers = new Map<string, number>();
  private groupsSeen = 0;
  private weightsGiven = false;
  private severalLabels = false;
  private leftOut = 0;
  /** The first row decides whether the table has splits. */
  private withSplits: { readonly has: boolean; readonly line: number } | undefined;

  constructor(
    private readonly file: string,
    private readonly options: TableOptions,
    classList?: ReadonlyMap<string, number>,
  ) {
    this.classes = new ClassNumbers(classList, options.strict);
    this.problems = new Problems(file);
  }

  /** A line that is no row at all. */
  reject(line: number, what: string): void {
    this.problems.add(line, what);
    this.leftOut++;
  }

  add(row: Row): void {
    const before = this.problems.total;
    const problem = (what: string): void => this.problems.add(row.line, what);
    row.problems.forEach(problem);
    const id = this.idOf(row, problem);
    const positives = this.classes.find(row.labels, problem);
    const unknown = this.classes.find(row.unknown, problem);
    const negative = this.classes.find(row.negative, problem);
    this.checkNames(row, problem);
    const split = this.splitOf(row, problem);
    const weight = weightOf(row, problem);
    if (this.problems.total > before) {
      this.leftOut++;
      return;
    }

    if (id !== '') this.firstLine.set(id, row.line);
    this.ids.push(id);
    this.lines.push(row.line);
    this.splits.push(split);
    this.weights.push(weight);
    this.groups.push(this.groupOf(row));
    positives.forEach((found, i) => {
      const number = this.classes.numberOf(row.labels[i]!, found);
      if (number !== undefined) this.positives.push(number, row.targets?.[i]);
    });
    this.positives.endRow();
    const unlistedAreNegative = this.options.unlisted === 'negative';
    const take = (found: readonly number[], names: readonly string[], keep: boolean): void =>
      found.forEach((number, i) => {
        const known = this.classes.numberOf(names[i]!, number);
        if (keep && known !== undefined) this.exceptions.push(known);
      });
    take(unknown, row.unknown, unlistedAreNegative);
    take(negative, row.negative, !unlistedAreNegative);
    this.exceptions.endRow();
    if (positives.length > 1) this.severalLabels = true;
    this.weightsGiven ||= row.weight !== undefined;
  }

  /**
   * @param more notices about the file
   * @throws table-rows-invalid (all rows at once), table-empty
   */
  finish(more: readonly string[]): LabelTable {
    const { file, problems, options, ids } = this;
    if (problems.total > 0 && (options.strict || ids.length === 0))
      throw errors['table-rows-invalid'](problems, { place: { file, line: problems.problems[0]!.line } });
    if (ids.length === 0 || this.positives.listed === 0)
      throw errors['table-empty']({ rows: ids.length, key: options.key }, { place: { file } });

    const { classes, columnOf } = this.classes.ordered();
    const exceptions = this.exceptions.listed > 0 ? this.exceptions.csr(columnOf) : undefined;
    return {
      file,
      ids,
      lines: this.lines.packed(),
      classes,
      labels: sparseLabels({
        rows: ids.length,
        columns: classes.length,
        positives: this.positives.csr(columnOf),
        unlisted: options.unlisted,
        ...(exceptions && { exceptions }),
      }),
      ...(this.withSplits?.has && { splits: this.splits.packed() }),
      ...(this.groupNumbers.size > 0 && { groups: this.groups.packed() }),
      ...(this.weightsGiven && { exampleWeights: this.weights.packed() }),
      notices: [...this.leftOutNotice(), ...this.classes.notices(), ...more, ...this.otherSeparator(classes)],
    };
  }

  private idOf(row: Row, problem: (what: string) => void): string {
    const { key, keyRequired } = this.options;
    if (row.key === undefined && !keyRequired) return '';
    const id = detached((row.key ?? '').trim());
    const first = this.firstLine.get(id);
    if (id === '') problem(`no ${key}`);
    else if (first !== undefined) problem(`${quote(id)} again (first at line ${first})`);
    else if (id !== row.key?.trim()) problem(`${quote(row.key!)} is not Unicode text`);
    return id;
  }

  /** Empty names, a soft class twice, and classes in two states. */
  private checkNames({ labels, targets, unknown, negative }: Row, problem: (what: string) => void): void {
    const { separator } = this.options;
    for (const names of [labels, unknown, negative])
      if (names.some((name) => name.length < 3 && name.trim() === ''))
        problem(`an empty label in ${quote(names.join(separator))}`);
    if (targets && new Set(labels.map((name) => name.trim())).size < labels.length) problem('a label twice');
    if (targets?.some((target) => Math.fround(target) === 0)) problem('a target too small for 32 bits');
    if (unknown.length + negative.length === 0) return;
    const states = new Map<string, string>();
    for (const [state, names] of [
      ['positive', labels],
      ['unknown', unknown],
      ['negative', negative],
    ] as const)
      for (const name of names) {
        const earlier = states.get(name.trim());
        if (earlier !== undefined && earlier !== state)
          problem(`${quote(name.trim())} is both ${earlier} and ${state}`);
        states.set(name.trim(), state);
      }
  }

  private splitOf({ split, line }: Row, problem: (what: string) => void): number {
    this.withSplits ??= { has: split !== undefined, line };
    const { has, line: first } = this.withSplits;
    if (split === undefined) {
      if (has) problem(`no split, line ${first} has one`);
      return 0;
    }
    const number = splitNumbers.get(split.trim().toLowerCase());
    if (!has) problem(`a split, line ${first} has none`);
    else if (number === undefined) problem(`split ${quote(split.trim())}, expected train, val or test`);
    return number ?? 0;
  }

  /** A row without a group is one of its own. */
  private groupOf({ group }: Row): number {
    const name = group?.trim() ?? '';
    const known = name === '' ? undefined : this.groupNumbers.get(name);
    if (known !== undefined) return known;
    if (name !== '') this.groupNumbers.set(detached(name), this.groupsSeen);
    return this.groupsSeen++;
  }

  private leftOutNotice(): string[] {
    const { problems, total } = this.problems;
    if (total === 0) return [];
    const told = problems.map(({ line, what }) => `line ${line}: ${what}`);
    return [`${count(this.leftOut, 'row')} left out: ${some(told, total)}.`];
  }

  /** Labels that hold what often separates labels, in a table where no row has two. */
  private otherSeparator(classes: readonly string[]): string[] {
    if (this.severalLabels) return [];
    return [',', ';', '|'].flatMap((mark) => {
      const holding = classes.filter((name) => name.includes(mark)).length;
      return holding < classes.length / 4 || holding === 0
        ? []
        : [
            `No row has two labels, and ${holding} of ${count(classes.length, 'label')} hold ${quote(mark)}: ` +
              `if that stands between labels, set separator: '${mark}'.`,
          ];
    });
  }
}

function weightOf({ weight }: Row, problem: (what: string) => void): number {
  const text = weight?.trim() ?? '';
  if (text === '') return 1;
  const number = Math.fround(numberIn(text) ?? NaN);
  if (!(number >= 0 && number < Infinity)) problem(`weight ${quote(text)}, expected a number of at least 0`);
  return number;
}
