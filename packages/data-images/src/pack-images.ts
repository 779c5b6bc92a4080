import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { MEMORY_LIMIT } from './decoded-images.js';
import { errors } from './errors.js';
import type { ImageSource } from './image-source.js';
import type { PackMetadata } from './pack.js';

type PackImages = Pick<ImageSource, 'contents' | 'read' | 'close'>;
/** Fills a buffer with the raw bytes from a position. */
type ReadAt = (into: Uint8Array, position: number) => Promise<void>;

/**
 * The images of a pack: raw bytes are read where they lie; packed ones are unpacked to memory, or into the cache when they are
 * large. Either way all of them are hashed once.
 * @throws pack-invalid, images-too-many
 */
export async function openPackImages(
  file: string,
  meta: PackMetadata,
  cache: string | null,
  memoryLimit = MEMORY_LIMIT,
): Promise<PackImages> {
  const frame = meta.height * meta.width * meta.channels;
  const size = meta.count * frame;
  const expected = `${size} bytes = ${meta.count} × ${meta.height} × ${meta.width} × ${meta.channels}`;
  const invalid = (found: string, cause?: unknown) =>
    errors['pack-invalid']({ found, expected }, { place: { file }, cause });
  const unreadable = (cause: unknown): never => {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  };

  const verified = async (read: ReadAt): Promise<Int32Array> => {
    const { sha256, contents } = await hashFrames(read, meta.count, frame).catch(unreadable);
    if (sha256 === meta.imagesSha256) return contents;
    throw errors['pack-invalid'](
      { found: `sha256 ${sha256}`, expected: `${meta.imagesSha256}, as meta.json says` },
      { place: { file } },
    );
  };

  if (file.endsWith('.gz') && size <= memoryLimit) {
    let pixels = await unpackToMemory(file, size).catch(unreadable);
    if (pixels.length !== size) throw invalid(`${pixels.length} bytes`);
    const read: ReadAt = (into, position) => {
      if (pixels.length !== size) return Promise.reject(new Error(`${file} is closed`)); // not black images
      into.set(pixels.subarray(position, position + into.length));
      return Promise.resolve();
    };
    return {
      contents: await verified(read),
      read: readFrames(read, frame),
      close: () => {
        pixels = new Uint8Array();
        return Promise.resolve();
      },
    };
  }

  if (file.endsWith('.gz') && cache === null)
    throw errors['images-too-many']({ bytes: size, folder: null, why: '`cache` is null' });
  const raw = file.endsWith('.gz') ? await unpackToFile(file, size, cache!, meta.imagesSha256).catch(unreadable) : file;
  const handle = await open(raw).catch(unreadable);
  try {
    const stats = await handle.stat();
    if (stats.size !== size) throw invalid(`${stats.size} bytes`);
    const read = readerOf(handle);
    const contents = await verified(read);
    return { contents, read: readFrames(read, frame), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    if (raw !== file) await rm(raw, { force: true }); // made anew next time
    throw error;
  }
}

const readFrames =
  (read: ReadAt, frame: number): ImageSource['read'] =>
  async (examples, into) => {
    const one = async (example: number, i: number): Promise<void> => {
      const bytes = into instanceof Uint8Array ? into.subarray(i * frame, (i + 1) * frame) : new Uint8Array(frame);
      await read(bytes, example * frame);
      if (into instanceof Float32Array) into.set(bytes, i * frame);
    };
    await Promise.all(Array.from(examples, one));
  };

const readerOf =
  (file: FileHandle): ReadAt =>
  async (into, position) => {
    for (let done = 0; done < into.length;) {
      const { bytesRead } = await file.read(into, done, into.length - done, position + done);
      if (bytesRead === 0) throw new Error('the end of the file, too early');
      done += bytesRead;
    }
  };

/** sha256 of all bytes, and equal numbers for equal images. */
async function hashFrames(read: ReadAt, count: number, frame: number) {
  const whole = createHash('sha256');
  const numbers = new Map<string, number>();
  const contents = new Int32Array(count);
  const block = new Uint8Array(Math.max(1, Math.floor(2 ** 22 / frame)) * frame);
  for (let first = 0; first < count; first += block.length / frame) {
    const bytes = block.subarray(0, Math.min(block.length, (count - first) * frame));
    await read(bytes, first * frame);
    whole.update(bytes);
    for (let at = 0; at < bytes.length; at += frame) {
      const content = createHash('sha256')
        .update(bytes.subarray(at, at + frame))
        .digest('base64');
      const number = numbers.get(content) ?? numbers.size;
      numbers.set(content, number);
      contents[first + at / frame] = number;
    }
  }
  return { sha256: whole.digest('hex'), contents };
}

/** Stops soon after `size` bytes: what unpacks to more is no pack. */
async function* unpacked(file: string, size: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  const stream: Readable = pipeline(createReadStream(file), createGunzip(), () => undefined);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > size) throw new Error('more bytes than that');
    yield chunk;
  }
}

async function unpackToMemory(file: string, size: number): Promise<Uint8Array> {
  const pixels = new Uint8Array(size);
  let at = 0;
  for await (const chunk of unpacked(file, size)) {
    pixels.set(chunk, at);
    at += chunk.length;
  }
  return pixels.subarray(0, at);
}

/** Under a temporary name first; what an earlier run unpacked is taken as it is (its hash is checked all the same). */
async function unpackToFile(file: string, size: number, cache: string, name: string): Promise<string> {
  const path = join(cache, 'packs', `${name}.u8`);
  const there = await stat(path).catch(() => undefined);
  if (there?.size === size) return path;
  const temporary = `${path}.${randomUUID()}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, unpacked(file, size), { flag: 'wx', flush: true });
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
