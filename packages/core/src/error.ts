/** What the command exits with: 2 manifest or usage, 3 data, 4 plugin, 5 engine, 6 diverged. */
export type ExitCode = 2 | 3 | 4 | 5 | 6;

/** Where in a file something stands; line and column from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One entry of a package's catalogue (`errors.ts`), from which the docs page is generated. */
export interface ErrorDefinition<P> {
  readonly exit: ExitCode;
  /** One sentence without particulars. */
  readonly title: string;
  /** What was found, in words, with particulars. */
  found(particulars: P): string;
  /** What was expected. */
  expected?(particulars: P): string;
  /** What to do or type. */
  remedy?(particulars: P): string;
}

/** What an error says, in parts. */
export interface ErrorParts {
  readonly code: string;
  readonly exit: ExitCode;
  readonly title: string;
  readonly found: string;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;
  readonly place: Place | undefined;
}

/** The one error type. `code` is permanent; the parts of the message are kept apart for `--json`. */
export class CounterweightError extends Error implements ErrorParts {
  override readonly name = 'CounterweightError';
  readonly code!: string;
  readonly exit!: ExitCode;
  readonly title!: string;
  readonly found!: string;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;
  readonly place: Place | undefined;

  constructor(parts: ErrorParts, cause?: unknown) {
    super(render(parts), cause === undefined ? undefined : { cause });
    Object.assign(this, parts);
  }

  /** The same error, told where it stands. */
  at(place: Place): CounterweightError {
    return new CounterweightError({ ...this.toJSON(), place }, this.cause);
  }

  /** What `--json` prints. */
  toJSON(): ErrorParts {
    const { code, exit, title, found, expected, remedy, place } = this;
    return { code, exit, title, found, expected, remedy, place };
  }
}

/** Whether an error is ours, also when it comes from a second copy of core. */
export function isCounterweightError(error: unknown): error is CounterweightError {
  return error instanceof Error && error.name === 'CounterweightError' && 'code' in error && 'exit' in error;
}

export const renderPlace = ({ file, line, column }: Place): string =>
  [file, line, column].filter((part) => part !== undefined).join(':');

function render({ code, title, found, expected, remedy, place }: ErrorParts): string {
  const line = (label: string, text: string): string =>
    `  ${label.padEnd(9)}${text.replaceAll('\n', `\n${' '.repeat(11)}`)}`;
  return [
    place ? `${code}  ${renderPlace(place)}` : code,
    `  ${title}`,
    line('found', found),
    ...(expected === undefined ? [] : [line('expected', expected)]),
    ...(remedy === undefined ? [] : [line('try', remedy)]),
  ].join('\n');
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- particulars differ from entry to entry
type Definitions = Record<string, ErrorDefinition<any>>;
type Errors<D extends Definitions> = {
  readonly [Code in keyof D]: (
    particulars: Parameters<D[Code]['found']>[0],
    more?: { readonly place?: Place; readonly cause?: unknown },
  ) => CounterweightError;
} & { readonly catalogue: () => D };

/**
 * A package's errors as data: `throw errors['no-engine']({ folder })`. Particulars are typed by `found`.
 *
 * @example
 * export const errors = defineErrors({
 *   'no-engine': {
 *     exit: 5, title: 'The TensorFlow engine is not installed.',
 *     found: ({ folder }: { folder: string }) => `no library in ${folder}`,
 *     remedy: () => 'npx counterweight engine install',
 *   },
 * });
 */
export function defineErrors<D extends Definitions>(definitions: D): Errors<D> {
  const make = Object.entries(definitions).map(([code, definition]) => [
    code,
    (particulars: unknown, more: { place?: Place; cause?: unknown } = {}) =>
      new CounterweightError(
        {
          code,
          exit: definition.exit,
          title: definition.title,
          found: definition.found(particulars),
          expected: definition.expected?.(particulars),
          remedy: definition.remedy?.(particulars),
          place: more.place,
        },
        more.cause,
      ),
  ]);
  return Object.assign(Object.fromEntries(make) as Omit<Errors<D>, 'catalogue'>, {
    catalogue: () => definitions,
  }) as Errors<D>;
}
