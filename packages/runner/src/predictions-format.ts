/** Predictions as text. */

/** What is predicted from, for all rows. */
export interface PredictionsAbout {
  /** What an input is called: `image` or, of feature vectors, `id`. */
  readonly key: string;
  readonly classes: readonly string[];
  /** Between labels in a cell, as in the run's own table. */
  readonly separator: string;
  /** The run's: a label is predicted from this probability on. */
  readonly threshold: number;
}

/** Which labels of a row are written, the most probable first. */
export interface Choice {
  /** At least this probability. Default: the run's threshold, or 0 where `top` is given. */
  readonly threshold?: number;
  /** At most so many. */
  readonly top?: number;
  /** The probability of every class. */
  readonly all?: boolean;
}

export interface PredictionsFormat {
  /** Before the first row. */
  readonly head: string;
  /** One line, its end included. @param probabilities [classes] */
  readonly row: (id: string, probabilities: ArrayLike<number>) => string;
}

export const FORMATS = ['csv', 'jsonl'] as const;
export type FormatName = (typeof FORMATS)[number];

export const predictionsFormat = (name: FormatName, about: PredictionsAbout, choice: Choice = {}): PredictionsFormat =>
  name === 'csv' ? csv(about, choice) : jsonLines(about, choice);

/**
 * RFC 4180, lines ended by LF. `image,labels,probabilities`, the last two joined by the separator; with `all` a column per
 * class instead, in the classes' order.
 */
function csv(about: PredictionsAbout, choice: Choice): PredictionsFormat {
  const { key, classes, separator } = about;
  if (choice.all)
    return {
      head: line([key, ...classes]),
      row: (id, probabilities) => line([id, ...Array.from(probabilities, (p) => String(rounded(p)))]),
    };
  const chosen = chooser(about, choice);
  return {
    head: line([key, 'labels', 'probabilities']),
    row: (id, probabilities) => {
      const columns = chosen(probabilities);
      const labels = columns.map((c) => classes[c]!).join(separator);
      return line([id, labels, columns.map((c) => rounded(probabilities[c]!)).join(separator)]);
    },
  };
}

/** An object a line: `{"image": …, "labels": [{"class": …, "probability": …}, …]}`; with `all` of every class. */
function jsonLines(about: PredictionsAbout, choice: Choice): PredictionsFormat {
  const { key, classes } = about;
  const chosen = chooser(about, choice.all ? { threshold: 0 } : choice);
  return {
    head: '',
    row: (id, probabilities) => {
      const labels = chosen(probabilities).map((c) => ({ class: classes[c], probability: rounded(probabilities[c]!) }));
      return `${JSON.stringify({ [key]: id, labels })}\n`;
    },
  };
}

/** The classes that a row's probabilities choose, the most probable first, equal ones in the classes' order. */
function chooser(about: PredictionsAbout, { top = Infinity, ...choice }: Choice) {
  const threshold = choice.threshold ?? (top === Infinity ? about.threshold : 0);
  return (probabilities: ArrayLike<number>): readonly number[] => {
    const count = probabilities.length;
    // Of thousands of classes few are sorted by a function of ours.
    const least = top < count ? Float64Array.from(probabilities).sort()[count - top]! : -Infinity;
    const columns: number[] = [];
    for (let c = 0; c < count; c++) if (probabilities[c]! >= threshold && probabilities[c]! >= least) columns.push(c);
    return columns.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b).slice(0, top);
  };
}

/** To the seven digits that a float32 holds. */
const rounded = (probability: number): number => Number(probability.toPrecision(7));

const line = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\n`;

/** Quoted where a reader could take it apart or trim it. */
const cell = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
