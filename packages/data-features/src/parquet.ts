import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { collectMatrix } from './collect.js';
import { columnsOf } from './columns.js';
import { errors } from './errors.js';
import type { Matrix } from './matrix.js';
import { checkSize } from './size.js';

/** A column at the top of the file. */
export interface ParquetColumn {
  readonly name: string;
  readonly kind: 'number' | 'text' | 'list' | 'other';
}

/** What the decoding process is asked for. */
export interface ParquetQuestion {
  readonly features: readonly string[];
  /** Whether the one column of features holds lists. */
  readonly lists: boolean;
  readonly id?: string;
}

interface Table {
  readonly columns: readonly ParquetColumn[];
  readonly rows: number;
  /** The most values of a column in a row group. */
  readonly largest: number;
}

/** What it says: the table first; then blocks of rows, their values behind the message; in the end `done`, or a `problem`. */
export interface ParquetAnswer {
  readonly table?: Table;
  /** Features of a row. */
  readonly columns?: number;
  readonly ids?: readonly string[];
  readonly done?: true;
  readonly problem?: string;
}

interface Frame {
  readonly message: ParquetAnswer;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** A list column is decoded a row group at a time, as JavaScript arrays: half a gigabyte. */
const mostListValues = 2 ** 26;
/** In megabytes: what the process needs for that, with its intermediate arrays. */
const heap = 4096;

/**
 * The matrix of a Parquet file: columns of numbers, or one column of lists of equal length; `id` or `image` is the column of
 * names. A missing value is NaN.
 * @param patience seconds without a sign of the decoder, after which the file counts as damaged
 * @throws parquet-invalid, features-columns-invalid, features-shape-invalid, features-too-large, features-temporary-file
 */
export async function readParquet(path: string, size: number, inMemory: number, patience = 60): Promise<Matrix> {
  const answers = decode(path, patience);
  try {
    const { table } = (await answers.next()).value?.message ?? {};
    if (!table) throw invalid('no table in it');
    const { question, width } = ask(table);
    checkSize(size, 4 * table.rows * Math.max(1, width));
    let columns = width;
    const ids: string[] = [];
    let rows = 0;
    async function* blocks(): AsyncGenerator<Float32Array> {
      for (let next = await answers.next(question); !next.done; next = await answers.next()) {
        const { message, bytes } = next.value;
        columns = message.columns ?? columns;
        for (const id of message.ids ?? []) ids.push(id);
        rows += bytes.length / 4 / columns;
        yield new Float32Array(bytes.buffer);
      }
    }
    return await collectMatrix(blocks(), inMemory, () => {
      if (rows === 0 || columns === 0) throw errors['features-shape-invalid']({ shape: [rows, columns] });
      return { columns, ...(question.id !== undefined && { ids }) };
    });
  } finally {
    await answers.return();
  }
}

/** Which columns are asked for; how many features that makes (0: the lists will tell). @throws features-columns-invalid, parquet-invalid */
function ask({ columns, largest }: Table): { question: ParquetQuestion; width: number } {
  const { id, features } = columnsOf(columns.map(({ name }) => name));
  const chosen = features.map((at) => columns[at]!);
  const fail = (found: string): Error => errors['features-columns-invalid']({ found });
  const other = chosen.find(({ kind }) => kind === 'text' || kind === 'other');
  if (other)
    throw fail(`column ${other.name}: ${other.kind === 'text' ? 'text' : 'neither numbers nor lists of them'}`);
  const lists = chosen[0]?.kind === 'list';
  if (chosen.some(({ kind }) => kind === 'list') && chosen.length > 1)
    throw fail(`${chosen.length} columns, one of them lists: ${chosen.find(({ kind }) => kind === 'list')!.name}`);
  if (id !== undefined && !['text', 'number'].includes(columns[id]!.kind))
    throw fail(`column ${columns[id]!.name}: not text`);
  if (lists && largest > mostListValues) throw invalid(`a row group of ${largest} values in a column of lists`);
  const names = chosen.map(({ name }) => name);
  if (new Set(names).size < names.length) throw fail('two columns of one name');
  const question = { features: names, lists, ...(id !== undefined && { id: columns[id]!.name }) };
  return { question, width: lists ? 0 : names.length };
}

const invalid = (found: string): Error => errors['parquet-invalid']({ found });

/** What the decoding process says; its first answer is followed by the question. It ends with this generator. */
async function* decode(path: string, patience: number): AsyncGenerator<Frame, void, ParquetQuestion | undefined> {
  const script = fileURLToPath(new URL('./parquet-process.js', import.meta.url));
  const child = spawn(process.execPath, [`--max-old-space-size=${heap}`, script, path, String(process.pid)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 0}`));
  });
  // A process that has ended takes no question; that it gives no answer either is told below.
  child.stdin.on('error', () => undefined);
  const frames = framesOf(child.stdout);
  try {
    for (;;) {
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * patience);
      const next = await frames.next();
      clearTimeout(timer);
      if (next.done)
        throw invalid(child.killed ? `no progress for ${patience} seconds` : `the decoder ended by ${await ended}`);
      if (next.value.message.problem !== undefined) throw invalid(next.value.message.problem);
      if (next.value.message.done) return;
      const question = yield next.value;
      if (question) child.stdin.end(JSON.stringify(question));
    }
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function* framesOf(stream: Readable): AsyncGenerator<Frame> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  /** The next bytes, copied; undefined at the end of the stream. */
  const take = async (length: number): Promise<Buffer<ArrayBuffer> | undefined> => {
    const bytes = Buffer.from(new ArrayBuffer(length));
    for (let filled = 0; filled < length;) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) return undefined;
        rest = next.value;
      }
      const copied = rest.copy(bytes, filled);
      rest = rest.subarray(copied);
      filled += copied;
    }
    return bytes;
  };
  for (;;) {
    const lengths = await take(8);
    const json = lengths && (await take(lengths.readUInt32LE(0)));
    const bytes = lengths && (await take(lengths.readUInt32LE(4)));
    if (!json || !bytes) return;
    yield { message: JSON.parse(json.toString()) as ParquetAnswer, bytes };
  }
}
