import { isAlias, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** A key or an index for each level. */
export type Path = readonly (string | number)[];

interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML text as a value whose parts know where they stand. Lines and columns from 1. */
export interface YamlSource {
  /** Undefined when the text has no value (empty) or no structure to trust (`faults` of kind syntax). */
  readonly value: unknown;
  readonly faults: readonly (Position & { readonly kind: 'syntax' | 'duplicate'; readonly message: string })[];
  /** Where the value at a path stands, or its key; the nearest enclosing part when there is none. */
  locate(path: Path, part?: 'key' | 'value'): Position;
  /** A line of the text, for a message. */
  line(number: number): string;
}

/** Nesting and aliases that no honest manifest needs; past them a parser's stack or memory would give way. */
const MAX_DEPTH = 50;
const MAX_ALIASES = 100;

/** Reads one YAML 1.2 document (core schema). Never throws. */
export function parseYaml(text: string): YamlSource {
  const lines = text.split(/\r\n|[\n\r]/);
  const line = (number: number) => lines[number - 1] ?? '';
  const start = { line: 1, column: 1 };
  const deep = depthExceeded(lines);
  if (deep) {
    const message = `nesting deeper than ${MAX_DEPTH} levels`;
    return { value: undefined, faults: [{ kind: 'syntax', message, ...deep }], locate: () => start, line };
  }

  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: 'error' });
  const position = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    kind: code === 'DUPLICATE_KEY' ? ('duplicate' as const) : ('syntax' as const),
    message: inWords(code, message, text.slice(pos[0])),
    ...position(pos[0]),
  }));
  visit(document, {
    Pair: (_, { key }) => {
      if (isCollection(key) && key.range)
        faults.push({ kind: 'syntax', message: 'a key that is a mapping or a list', ...position(key.range[0]) });
    },
  });

  let value: unknown;
  if (faults.every(({ kind }) => kind === 'duplicate'))
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      // Aliases only: one without its anchor, or too many.
      let at = start;
      visit(document, {
        Alias: (_, { range }) => {
          if (range) at = position(range[0]);
          return visit.BREAK;
        },
      });
      faults.push({ kind: 'syntax', message: (error as Error).message, ...at });
    }

  return {
    value: value ?? undefined,
    faults,
    locate(path, part = 'value') {
      for (let length = path.length; length > 0; length--) {
        const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
        const wanted = path[length - 1];
        if (isMap(parent)) {
          const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(wanted));
          const node = pair && (part === 'key' || !isNode(pair.value) || isAlias(pair.value) ? pair.key : pair.value);
          if (isNode(node) && node.range) return position(node.range[0]);
        }
        const node: unknown = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return position(node.range[0]);
      }
      return start;
    },
    line,
  };
}

/** The parser's message, but for what its words would not tell a manifest's author. */
function inWords(code: string, message: string, rest: string): string {
  if (code === 'DUPLICATE_KEY') return /^[^\s:{[]*/.exec(rest)![0];
  return code === 'MULTIPLE_DOCS' ? 'a second document' : message.split('\n')[0]!;
}

/** Where brackets, or `- - -` on one line, nest too deep. Brackets in strings count too: a manifest has no fifty of them. */
function depthExceeded(lines: readonly string[]): Position | undefined {
  let depth = 0;
  for (const [index, line] of lines.entries()) {
    const compact = new RegExp(`^ *(?:[-?:][ \\t]+){${MAX_DEPTH}}`).exec(line);
    if (compact) return { line: index + 1, column: compact[0].length };
    for (const [column, character] of Array.from(line).entries()) {
      if (character === '[' || character === '{') depth++;
      else if ((character === ']' || character === '}') && depth > 0) depth--;
      if (depth > MAX_DEPTH) return { line: index + 1, column: column + 1 };
    }
  }
  return undefined;
}
