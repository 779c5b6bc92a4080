/** Rows of any format, checked against each other, become a label table. */
import { sparseLabels } from '@counterweight/core';

import { ClassNumbers } from './class-numbers.js';
import { errors } from './errors.js';
import { Growing } from './growing.js';
import type { LabelTable } from './label-table.js';
import { Problems } from './problems.js';
import { checkStates, splitNumber, weightNumber } from './row-checks.js';
import type { Row, TableOptions } from './row.js';
import { SparseRows } from './sparse-rows.js';
import { detached } from './text.js';
import { count, quote, some } from './wording.js';

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
  /** The first row that is taken decides whether the table has splits. */
  private first: { readonly withSplit: boolean; readonly line: number } | undefined;

  constructor(
    private readonly file: string,
    private readonly options: TableOptions,
    classList?: ReadonlyMap<string, number>,
  ) {
    this.classes = new ClassNumbers(classList, options);
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
    checkStates(row, problem);
    this.checkSplit(row, problem);
    const split = splitNumber(row, problem);
    const weight = weightNumber(row, problem);
    if (this.problems.total > before) {
      this.leftOut++;
      return;
    }

    this.first ??= { withSplit: row.split !== undefined, line: row.line };
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
    const [first] = problems.problems;
    if (first && (options.strict || options.byOrder || ids.length === 0)) {
      const helps = options.strict && !options.byOrder;
      const listed = { file, problems: problems.problems, total: problems.total, tolerance: helps };
      throw errors['table-rows-invalid'](listed, { place: { file, line: first.line } });
    }
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
      ...(this.first?.withSplit && { splits: this.splits.packed() }),
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

  /** Either every row has a split or none. */
  private checkSplit({ split }: Row, problem: (what: string) => void): void {
    if (!this.first || this.first.withSplit === (split !== undefined)) return;
    const { withSplit, line } = this.first;
    problem(withSplit ? `no split, line ${line} has one` : `a split, line ${line} has none`);
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
