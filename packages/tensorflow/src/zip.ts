// Reading a few members of a zip file without a program for it. Wheels are plain zips: deflated or stored, no zip64, no encryption.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

/** Where a member lies in its file. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  /** Bytes as packed and as unpacked. */
  readonly packed: number;
  readonly size: number;
  /** Offset of the local header. */
  readonly offset: number;
}

const END = { signature: 0x06054b50, size: 22, comment: 0xffff };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const LOCAL = { signature: 0x04034b50, size: 30 };
const ZIP64 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

/** A zip's members by name. Throws a plain Error saying what is wrong with the file. */
export async function readZip(file: string): Promise<ReadonlyMap<string, ZipMember>> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const tail = await bytes(handle, Math.max(0, size - END.size - END.comment), size);
  let end = tail.length - END.size;
  while (end >= 0 && tail.readUInt32LE(end) !== END.signature) end--;
  if (end < 0) throw new Error('not a zip file, or cut off');
  const start = tail.readUInt32LE(end + 16);
  if (start === ZIP64) throw new Error('a zip64 file, which is not supported');
  const directory = await bytes(handle, start, start + tail.readUInt32LE(end + 12));
  const members = new Map<string, ZipMember>();
  for (let at = 0; at + CENTRAL.size <= directory.length;) {
    if (directory.readUInt32LE(at) !== CENTRAL.signature) throw new Error('a broken zip directory');
    const nameEnd = at + CENTRAL.size + directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + CENTRAL.size, nameEnd);
    members.set(name, {
      name,
      method: directory.readUInt16LE(at + 10),
      packed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    });
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return members;
}

/** Unpacks one member to a file, whose folder is made. Returns the SHA-256 of what was unpacked, in hexadecimal. */
export async function unpackMember(
  file: string,
  member: ZipMember,
  to: string,
  onBytes?: (count: number) => void,
): Promise<string> {
  if (member.method !== STORED && member.method !== DEFLATED)
    throw new Error(`compression method ${member.method} is not supported`);
  await using handle = await open(file);
  const header = await bytes(handle, member.offset, member.offset + LOCAL.size);
  if (header.readUInt32LE(0) !== LOCAL.signature) throw new Error('a broken zip member');
  const start = member.offset + LOCAL.size + header.readUInt16LE(26) + header.readUInt16LE(28);
  const hash = createHash('sha256');
  const observe = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      onBytes?.(chunk.length);
      done(null, chunk);
    },
  });
  await mkdir(dirname(to), { recursive: true });
  await rm(to, { force: true }); // a new file, whoever may still be writing to one that lay there
  // A stream's end is its last byte: an empty one has none.
  const end = start + member.packed - 1;
  const packed =
    member.packed === 0
      ? Readable.from([])
      : handle.createReadStream({ start, end, autoClose: false, highWaterMark: 1 << 20 });
  const target = createWriteStream(to, { flush: true });
  if (member.method === STORED) await pipeline(packed, observe, target);
  else await pipeline(packed, createInflateRaw({ chunkSize: 1 << 20 }), observe, target);
  return hash.digest('hex');
}

async function bytes(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  if (bytesRead < buffer.length) throw new Error('cut off');
  return buffer;
}
