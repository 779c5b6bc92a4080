import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import type { DecodedImage } from './decode.js';

// A segment is a file of decoded images that is written once and never changed:
//   pixels of image 0, of image 1, …     [frame, channels] each
//   an entry per image                   sha256 of the image file (32 bytes), channels (1), crc32 of its pixels (4)
//   a footer                             format (8), number of images (4), frame (4), crc32 of all that follows the pixels (4)
const FORMAT = Buffer.from('cwimage1');
const ENTRY = 37;
const FOOTER = 20;
export const SEGMENT_NAME = /^[0-9a-f-]{36}\.segment$/;

/** Where the pixels of one image lie in a segment. */
export interface SegmentEntry {
  /** sha256 of the image file, in hexadecimal digits. */
  readonly content: string;
  readonly channels: 1 | 3;
  readonly crc: number;
  /** In bytes. */
  readonly offset: number;
}

/**
 * Writes a segment under a new name: complete, or not there at all.
 * @returns its path
 * @throws what the file system throws
 */
export async function writeSegment(
  folder: string,
  frame: number,
  entries: readonly SegmentEntry[],
  images: readonly DecodedImage[],
): Promise<string> {
  const tail = Buffer.alloc(entries.length * ENTRY + FOOTER);
  entries.forEach(({ content, channels, crc }, i) => {
    tail.write(content, i * ENTRY, 'hex');
    tail.writeUInt8(channels, i * ENTRY + 32);
    tail.writeUInt32LE(crc, i * ENTRY + 33);
  });
  const footer = tail.subarray(entries.length * ENTRY);
  FORMAT.copy(footer);
  footer.writeUInt32LE(entries.length, 8);
  footer.writeUInt32LE(frame, 12);
  footer.writeUInt32LE(crc32(tail.subarray(0, -4)), 16);

  const name = randomUUID();
  const [temporary, path] = [join(folder, `${name}.tmp`), join(folder, `${name}.segment`)];
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(Buffer.concat([...images.map(({ pixels }) => pixels), tail]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * What a segment holds; its pixels are not looked at.
 * @returns undefined when the file is cut short, damaged or of another format
 */
export async function readEntries(file: FileHandle, frame: number): Promise<SegmentEntry[] | undefined> {
  const { size } = await file.stat();
  const footer = Buffer.alloc(FOOTER);
  if (size < FOOTER || (await readFully(file, footer, size - FOOTER)) < FOOTER) return undefined;
  const count = footer.readUInt32LE(8);
  const from = size - FOOTER - count * ENTRY;
  if (!footer.subarray(0, 8).equals(FORMAT) || footer.readUInt32LE(12) !== frame || from < 0) return undefined;
  const tail = Buffer.alloc(size - from);
  if ((await readFully(file, tail, from)) < tail.length) return undefined;
  if (crc32(tail.subarray(0, -4)) !== footer.readUInt32LE(16)) return undefined;

  const entries: SegmentEntry[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const at = i * ENTRY;
    const channels = tail.readUInt8(at + 32) === 1 ? 1 : 3;
    entries.push({
      content: tail.toString('hex', at, at + 32),
      channels,
      crc: tail.readUInt32LE(at + 33),
      offset,
    });
    offset += frame * channels;
  }
  return offset === from ? entries : undefined;
}

/** @returns the number of bytes read; fewer than asked for at the end of the file only */
async function readFully(file: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
