import { mkdir, open, readdir, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import type { Logger } from '@counterweight/core';

import type { DecodedImage } from './decode.js';
import { errors } from './errors.js';
import { gigabytes } from './numbers.js';
import { readEntries, SEGMENT_NAME, writeSegment, type SegmentEntry } from './segment.js';

/** Decoded pixels that may lie in memory when no file can be written. */
export const MEMORY_LIMIT = 512 * 1024 ** 2;
/** A segment is written when it is this large, or this old: what an interruption costs. */
const SEGMENT_BYTES = 64 * 1024 ** 2;
const SEGMENT_AGE = 20_000; // milliseconds

interface Segment {
  path?: string;
  file?: FileHandle;
  /** While it is not written: its images by their offset. */
  readonly images: Map<number, DecodedImage>;
  readonly entries: SegmentEntry[];
  bytes: number;
  readonly since: number;
}

/**
 * Decoded images by the sha256 of their files, all of one size: in segments on disk (written by this process or others, now or
 * long ago), or in memory where none can be written. Other processes may add segments at the same time.
 */
export class DecodedImages {
  readonly #rows = new Map<string, number>();
  readonly #entries: SegmentEntry[] = [];
  readonly #segmentOf: Segment[] = [];
  readonly #files: FileHandle[] = [];
  #open: Segment | undefined;
  #writing: Promise<void> = Promise.resolve();
  #inMemory = 0;
  /** Why nothing can be written. */
  #unwritable: string | undefined;

  private constructor(
    readonly folder: string | null,
    /** height × width */
    readonly frame: number,
    readonly logger: Logger,
  ) {}

  /** @param folder of segments with one way of decoding; null: everything stays in memory */
  static async open(folder: string | null, frame: number, logger: Logger): Promise<DecodedImages> {
    const images = new DecodedImages(folder, frame, logger);
    if (folder === null) images.#unwritable = '`cache` is null';
    else {
      await mkdir(folder, { recursive: true }).catch((error: unknown) => {
        images.#stopWriting(error);
      });
      for (const name of await readdir(folder).catch(() => [])) await images.#readSegment(folder, name);
    }
    return images;
  }

  /** The row of an image, by the sha256 of its file. */
  rowOf(content: string): number | undefined {
    return this.#rows.get(content);
  }

  channelsOf(row: number): 1 | 3 {
    return this.#entries[row]!.channels;
  }

  /**
   * Makes sure, before work begins, that this many more images have room.
   * @throws images-too-many
   */
  async reserve(images: number): Promise<void> {
    const least = images * this.frame;
    if (this.folder !== null && this.#unwritable === undefined) {
      const { bavail, bsize } = await statfs(this.folder).catch(() => ({ bavail: Infinity, bsize: 1 }));
      if (bavail * bsize < least) this.#stopWriting(new Error(`${gigabytes(bavail * bsize)} free`));
    }
    if (this.#unwritable !== undefined && least > MEMORY_LIMIT) throw this.#tooMany(least);
  }

  /** @returns the row; an image that is there already is not added again */
  async add(content: string, image: DecodedImage): Promise<number> {
    const known = this.#rows.get(content);
    if (known !== undefined) return known;
    const segment: Segment = (this.#open ??= { images: new Map(), entries: [], bytes: 0, since: Date.now() });
    const entry = { content, channels: image.channels, crc: crc32(image.pixels), offset: segment.bytes };
    segment.entries.push(entry);
    segment.images.set(entry.offset, image);
    segment.bytes += image.pixels.length;
    const row = this.#append(entry, segment);
    if (segment.bytes >= SEGMENT_BYTES || Date.now() - segment.since >= SEGMENT_AGE) await this.flush();
    return row;
  }

  /**
   * Writes what is only in memory.
   * @throws images-too-many
   */
  flush(): Promise<void> {
    const segment = this.#open;
    this.#open = undefined;
    if (segment) this.#writing = this.#writing.then(() => this.#write(segment));
    return this.#writing;
  }

  /**
   * Reads the pixels of one image as they were stored: [frame, channels].
   * @returns false when they are damaged or gone; the file is then not used again by a later run
   */
  async read(row: number, into: Uint8Array): Promise<boolean> {
    const { offset, crc } = this.#entries[row]!;
    const segment = this.#segmentOf[row]!;
    const image = segment.images.get(offset);
    if (image) into.set(image.pixels);
    else {
      const { file } = segment;
      for (let done = 0; done < into.length;) {
        const read = await file?.read(into, done, into.length - done, offset + done).catch(() => undefined);
        if (!read?.bytesRead) break;
        done += read.bytesRead;
      }
    }
    if (crc32(into) === crc) return true;
    await this.#discard(segment);
    return false;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await Promise.all(this.#files.splice(0).map((file) => file.close()));
  }

  #append(entry: SegmentEntry, segment: Segment): number {
    const row = this.#entries.push(entry) - 1;
    this.#segmentOf.push(segment);
    this.#rows.set(entry.content, row);
    return row;
  }

  async #readSegment(folder: string, name: string): Promise<void> {
    const path = join(folder, name);
    if (name.endsWith('.tmp')) return removeOld(path);
    if (!SEGMENT_NAME.test(name)) return;
    const file = await open(path).catch(() => undefined);
    if (!file) return;
    this.#files.push(file);
    const entries = await readEntries(file, this.frame).catch(() => undefined);
    const segment: Segment = { path, file, images: new Map(), entries: [], bytes: 0, since: 0 };
    if (!entries) return this.#discard(segment);
    for (const entry of entries) if (!this.#rows.has(entry.content)) this.#append(entry, segment);
  }

  async #write(segment: Segment): Promise<void> {
    if (this.folder !== null && this.#unwritable === undefined)
      try {
        segment.path = await writeSegment(this.folder, this.frame, segment.entries, [...segment.images.values()]);
        segment.file = await open(segment.path);
        this.#files.push(segment.file);
        segment.images.clear();
        return;
      } catch (error) {
        this.#stopWriting(error);
      }
    this.#inMemory += segment.bytes;
    if (this.#inMemory > MEMORY_LIMIT) throw this.#tooMany(this.#inMemory);
  }

  #stopWriting(error: unknown): void {
    if (this.#unwritable !== undefined) return;
    this.#unwritable = error instanceof Error ? error.message : String(error);
    this.logger.warn(
      `Decoded images cannot be kept in ${this.folder ?? ''} (${this.#unwritable}): they stay in memory, ` +
        'and the next run decodes them again.',
    );
  }

  #tooMany(bytes: number): Error {
    return errors['images-too-many']({ bytes, folder: this.folder, why: this.#unwritable ?? '' });
  }

  /** What is damaged is not there for later runs. */
  async #discard(segment: Segment): Promise<void> {
    if (segment.path === undefined) return;
    this.logger.warn(`Damaged decoded images in ${segment.path}: they are decoded again.`);
    await rm(segment.path, { force: true }).catch(() => undefined);
    delete segment.path;
  }
}

/** What a process left that was killed while it wrote; a recent one may still be written. */
async function removeOld(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats && Date.now() - stats.mtimeMs > 24 * 3600 * 1000) await rm(path, { force: true }).catch(() => undefined);
}
