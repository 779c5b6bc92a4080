/** Rows of class numbers in any order become compressed sparse rows in the order of the classes. */
import type { Csr } from '@counterweight/core';

import { Growing } from './growing.js';

/** Collects entries under the numbers that classes have while a table is read. */
export class SparseRows {
  private readonly numbers = new Growing((length) => new Uint32Array(length));
  private readonly ends = new Growing((length) => new Uint32Array(length));
  /** Empty until a target is not 1, then one per number. */
  private readonly targets = new Growing((length) => new Float32Array(length));

  get listed(): number {
    return this.numbers.length;
  }

  push(number: number, target = 1): void {
    if (target !== 1) this.targets.fill(this.numbers.length, 1);
    if (target !== 1 || this.targets.length > 0) this.targets.push(target);
    this.numbers.push(number);
  }

  endRow(): void {
    this.ends.push(this.numbers.length);
  }

  /** @param columnOf [numbers] the class of each number. One that a row lists twice is listed once. */
  csr(columnOf: Uint32Array): Csr {
    const length = this.numbers.length;
    const narrow = columnOf.length <= 0x10000;
    const classes = this.numbers.into(
      narrow ? new Uint16Array(length) : new Uint32Array(length),
      (number) => columnOf[number]!,
    );
    const values = this.targets.length > 0 ? this.targets.packed() : undefined;
    const offsets = new Uint32Array(this.ends.length + 1);
    this.ends.into(offsets.subarray(1));

    let kept = 0;
    for (let row = 1, from = 0; row < offsets.length; row++) {
      const to = offsets[row]!;
      const start = kept;
      sortRow(classes.subarray(from, to), values?.subarray(from, to));
      for (let i = from; i < to; i++)
        if (kept === start || classes[i] !== classes[kept - 1]) {
          classes[kept] = classes[i]!;
          if (values) values[kept] = values[i]!;
          kept++;
        }
      offsets[row] = kept;
      from = to;
    }
    const whole = kept === length;
    return {
      offsets,
      classes: whole ? classes : classes.slice(0, kept),
      ...(values && { values: whole ? values : values.slice(0, kept) }),
    };
  }
}

function sortRow(classes: Uint16Array | Uint32Array, values: Float32Array | undefined): void {
  if (classes.every((column, i) => i === 0 || column > classes[i - 1]!)) return;
  if (!values) {
    classes.sort();
    return;
  }
  const order = Array.from(classes.keys()).sort((a, b) => classes[a]! - classes[b]!);
  const [unsortedClasses, unsortedValues] = [classes.slice(), values.slice()];
  order.forEach((from, to) => {
    classes[to] = unsortedClasses[from]!;
    values[to] = unsortedValues[from]!;
  });
}
