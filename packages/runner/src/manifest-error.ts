import { CounterweightError, renderPlace, type ErrorParts } from '@counterweight/core';

/** Everything that is wrong with a manifest, in one message; nothing was written. */
export class ManifestError extends CounterweightError {
  readonly problems: readonly CounterweightError[];

  /**
   * @param problems at least one; told in the order of their lines
   * @param line a line of the manifest, shown under the place of a problem
   */
  constructor(file: string, problems: readonly CounterweightError[], line?: (number: number) => string) {
    const sorted = [...problems].sort(
      (a, b) =>
        (a.place?.line ?? Infinity) - (b.place?.line ?? Infinity) ||
        (a.place?.column ?? Infinity) - (b.place?.column ?? Infinity) ||
        0,
    );
    const parts: ErrorParts = {
      code: 'manifest-invalid',
      // A plugin's fault is its own (4) only when the manifest has none.
      exit: sorted.some(({ exit }) => exit === 2) ? 2 : (sorted[0]?.exit ?? 2),
      title: 'The manifest cannot be run.',
      found: sorted.length === 1 ? '1 problem' : `${sorted.length} problems`,
      expected: undefined,
      remedy: undefined,
      place: { file },
    };
    super(parts, sorted[0]?.cause);
    this.problems = sorted;
    const count = sorted.length === 1 ? '' : `${sorted.length} problems. `;
    this.message = [...sorted.map((problem) => renderProblem(problem, line)), `${count}Nothing was written.`].join(
      '\n\n',
    );
  }

  override toJSON(): ErrorParts & { readonly problems: readonly ErrorParts[] } {
    return { ...super.toJSON(), problems: this.problems.map((problem) => problem.toJSON()) };
  }
}

function renderProblem(
  { code, place, title, found, expected, remedy }: CounterweightError,
  line?: (number: number) => string,
): string {
  const text = place?.line === undefined ? undefined : line?.(place.line);
  return [
    place ? `${code}  ${renderPlace(place)}` : code,
    ...(text === undefined || text.trim() === '' ? [] : [`  ${String(place?.line)} │ ${shortened(text)}`]),
    `  ${title}`,
    `  found    ${indented(found)}`,
    ...(expected === undefined ? [] : [`  expected ${indented(expected)}`]),
    ...(remedy === undefined ? [] : [`  try      ${indented(remedy)}`]),
  ].join('\n');
}

const indented = (text: string): string => text.replaceAll('\n', '\n           ');

const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 99)}…` : text);
