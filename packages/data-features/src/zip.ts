import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';

import { errors } from './errors.js';
import { partsOf, type Region } from './region.js';

/** A file in a zip archive. */
export interface Member {
  readonly name: string;
  /** Of the bytes as packed and unpacked. */
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  readonly method: 'stored' | 'deflated';
  /** Where its local header begins. */
  readonly offset: number;
}

const longestDirectory = 2 ** 24;
const invalid = (found: string, expected: string): Error => errors['npz-invalid']({ found, expected });

/**
 * The list of files at the end of a zip archive, also of more than 4 GB (zip64).
 * @throws npz-invalid
 * @source PKWARE, APPNOTE.TXT 6.3.10, §4.3 and §4.5.3
 */
export async function readDirectory(region: Region): Promise<readonly Member[]> {
  const { offset, size } = await findDirectory(region);
  if (size > longestDirectory || offset + size > region.size)
    throw invalid(`a directory of ${size} bytes at byte ${offset}`, `a directory within ${region.size} bytes`);
  const bytes = await readAt(region, offset, size);
  const members: Member[] = [];
  for (let at = 0; at + 46 <= bytes.length && bytes.readUInt32LE(at) === 0x02014b50;) {
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    members.push(memberAt(bytes, at, nameEnd, extraEnd));
    at = extraEnd + bytes.readUInt16LE(at + 32);
  }
  return members;
}

async function findDirectory(region: Region): Promise<{ readonly offset: number; readonly size: number }> {
  const length = Math.min(region.size, 22 + 0xffff + 20);
  const tail = await readAt(region, region.size - length, length);
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > tail.length) throw invalid('no directory at the end', 'a whole zip archive');
  const [size, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return { size, offset };
  const record = await readAt(region, Number(tail.readBigUInt64LE(locator + 8)), 56);
  return { size: Number(record.readBigUInt64LE(40)), offset: Number(record.readBigUInt64LE(48)) };
}

function memberAt(bytes: Buffer, at: number, nameEnd: number, extraEnd: number): Member {
  const name = bytes.toString('utf8', at + 46, nameEnd);
  const [flags, method, crc] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 16)];
  if (flags & 1 || (method !== 0 && method !== 8))
    throw invalid(`${name}: ${flags & 1 ? 'encrypted' : `packed by method ${method}`}`, 'stored or deflated files');
  const sizes = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)];
  const [size = 0, packed = 0, offset = 0] = withZip64(sizes, bytes.subarray(nameEnd, extraEnd));
  return { name, packed, size, crc, method: method === 0 ? 'stored' : 'deflated', offset };
}

/** Sizes that do not fit in 32 bits stand in an extra field, in the same order. */
function withZip64(sizes: readonly number[], extra: Buffer): readonly number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    return sizes.map((size) => {
      if (size !== 0xffffffff || next + 8 > extra.length) return size;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    });
  }
  return sizes;
}

/** Where the bytes of a member lie. @throws npz-invalid */
export async function memberRegion(region: Region, { name, packed, offset }: Member): Promise<Region> {
  const header = await readAt(region, offset, 30);
  if (header.readUInt32LE(0) !== 0x04034b50) throw invalid(`${name}: no header`, `a header at byte ${offset}`);
  const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + packed > region.size) throw invalid(`${name}: cut short`, `${packed} bytes from byte ${start}`);
  return { ...region, size: packed, read: (position, into) => region.read(start + position, into) };
}

/**
 * The unpacked bytes of a member, part by part: never more than the directory says, in the end as many and with its checksum.
 * @throws npz-invalid
 */
export async function* unpack(packed: Region, { name, size, crc, method }: Member): AsyncGenerator<Uint8Array> {
  let [seen, sum] = [0, 0];
  const parts = method === 'stored' ? partsOf(packed) : inflate(packed);
  try {
    for await (const part of parts) {
      seen += part.length;
      sum = crc32(part, sum);
      if (seen > size) break;
      yield part;
    }
  } catch (cause) {
    throw isZlib(cause) ? invalid(`${name}: ${cause.message}`, 'deflated bytes') : cause;
  }
  if (seen !== size || sum !== crc)
    throw invalid(
      seen === size ? `${name}: another checksum` : `${name}: ${seen > size ? 'more' : 'fewer'} bytes`,
      `${size} bytes with the CRC-32 ${crc.toString(16)}`,
    );
}

async function* inflate(packed: Region): AsyncGenerator<Uint8Array> {
  const source = Readable.from(partsOf(packed), { objectMode: false });
  const unpacked = createInflateRaw();
  source.on('error', (error) => unpacked.destroy(error));
  yield* source.pipe(unpacked) as AsyncIterable<Uint8Array>;
}

const isZlib = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^(Z_|ERR_)/.test(String(error.code));

async function readAt(region: Region, position: number, length: number): Promise<Buffer> {
  if (!(position >= 0 && position + length <= region.size))
    throw invalid(`${region.size} bytes`, `${length} bytes at byte ${position}`);
  const bytes = Buffer.alloc(length);
  await region.read(position, bytes);
  return bytes;
}
