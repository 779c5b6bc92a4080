/** Files as validated UTF-8 text, a block at a time: no table is ever held whole. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { errors } from './errors.js';

const BLOCK = 1 << 20;

/** Of a row, in bytes; one without an end must not fill the memory. */
export const LONGEST = 1 << 24;

/** What is wrong with a row that is longer. */
export const TOO_LONG = 'more than 16 MB in one row: a quote that is never closed, or no line breaks';

/**
 * Whole characters of a file (unpacked, if its name ends in `.gz`), without a byte order mark.
 * @throws table-unreadable, table-text-invalid
 */
export async function* textBlocks(file: string): AsyncGenerator<Buffer> {
  let tail: Buffer = Buffer.alloc(0);
  let line = 1;
  let first = true;
  const refuse = (found: string, bytes: Buffer) =>
    errors['table-text-invalid']({ found }, { place: { file, line: line + firstBadLine(bytes) } });
  for await (const chunk of byteBlocks(file)) {
    const joined = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    const whole = joined.subarray(0, wholeCharacters(joined));
    tail = joined.subarray(whole.length);
    const kind = first ? otherFormat(joined) : undefined;
    if (kind !== undefined) throw errors['table-text-invalid']({ found: kind }, { place: { file, line: 1 } });
    if (whole.includes(0)) throw refuse('a NUL: this is not a text file', whole);
    if (!isUtf8(whole)) throw refuse('bytes that are not UTF-8', whole);
    if (whole.length === 0) continue;
    yield first && whole.indexOf('\uFEFF') === 0 ? whole.subarray(3) : whole;
    line += lineFeeds(whole);
    first = false;
  }
  if (tail.length > 0) throw refuse('bytes that are not UTF-8', tail);
}

/** A copy: a piece of a text keeps the whole block alive. */
export const detached = (piece: string): string => Buffer.from(piece, 'utf8').toString('utf8');

async function* byteBlocks(file: string): AsyncGenerator<Buffer> {
  try {
    const stats = await stat(file);
    // A pipe would wait for its other end.
    if (!stats.isFile()) throw errors['table-unreadable']({ found: 'not a file' }, { place: { file } });
    const block = Math.min(BLOCK, Math.max(stats.size, 1 << 12));
    const raw = createReadStream(file, { highWaterMark: block });
    const stream: Readable = /\.gz$/i.test(file)
      ? pipeline(raw, createGunzip({ chunkSize: BLOCK }), () => undefined)
      : raw;
    yield* stream as AsyncIterable<Buffer>;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) {
      const found = `a name that ends in .gz, and bytes that gzip cannot unpack (${message})`;
      throw errors['table-text-invalid']({ found }, { place: { file }, cause });
    }
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw errors['table-unreadable']({ found: message }, { place: { file }, cause });
  }
}

/** What people give instead of a text file, by its first bytes. */
function otherFormat(bytes: Buffer): string | undefined {
  const starts = (...magic: number[]): boolean => magic.every((byte, i) => bytes[i] === byte);
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) return 'UTF-16';
  if (starts(0x1f, 0x8b)) return 'a gzip file whose name does not end in .gz';
  if (starts(0x50, 0x4b, 3, 4)) return 'a ZIP archive, perhaps an Excel workbook';
  return undefined;
}

/** Where a character begins that the end cuts off; the length, if none is. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** How many lines stand before the first that holds a NUL or is not UTF-8: a line feed is never part of another character. */
function firstBadLine(bytes: Buffer): number {
  for (let from = 0, line = 0; ; line++) {
    const end = bytes.indexOf(0x0a, from);
    const piece = bytes.subarray(from, end < 0 ? bytes.length : end);
    if (end < 0 || piece.includes(0) || !isUtf8(piece)) return line;
    from = end + 1;
  }
}

function lineFeeds(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}
