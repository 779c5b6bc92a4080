import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';

import { isCounterweightError } from '@counterweight/core';
import yauzl, { type Entry, type ZipFile } from 'yauzl';

import { errors } from './errors.js';
import { partsOf, type Region } from './region.js';

/** A zip archive: yauzl reads its directory and headers (zip64 too). The bytes are read where they lie, so what is stored needs no copy. */
export interface Archive {
  readonly region: Region;
  readonly zip: ZipFile;
  readonly members: readonly Entry[];
}

/** Of files: a directory of millions must not fill the memory. */
const MOST = 10_000;

const invalid = (found: string, expected: string, cause?: unknown): Error =>
  errors['npz-invalid']({ found, expected }, { cause });

/** @throws npz-invalid */
export function openArchive(region: Region): Promise<Archive> {
  return inWords(async () => {
    const options = { autoClose: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(new RegionReader(region), region.size, options);
    const members: Entry[] = [];
    for await (const member of zip.eachEntry()) {
      members.push(member);
      if (members.length > MOST) throw new Error(`more than ${MOST} files`);
    }
    return { region, zip, members };
  });
}

export const isStored = ({ compressionMethod }: Entry): boolean => compressionMethod === 0;

/** Where the packed bytes of a member lie. @throws npz-invalid */
export async function packedRegion({ region, zip }: Archive, member: Entry): Promise<Region> {
  if (!member.canDecodeFileData()) {
    const how = member.isEncrypted() ? 'encrypted' : `packed by method ${member.compressionMethod}`;
    throw invalid(`${member.fileName}: ${how}`, 'stored or deflated files');
  }
  const { fileDataStart } = await inWords(() => zip.readLocalFileHeaderPromise(member, { minimal: true }));
  const read: Region['read'] = (position, into) => region.read(fileDataStart + position, into);
  return { ...region, size: member.compressedSize, read };
}

/**
 * The unpacked bytes of a member, part by part: never more than the directory says, in the end as many and with its checksum.
 * @throws npz-invalid
 */
export async function* unpack(packed: Region, member: Entry): AsyncGenerator<Uint8Array> {
  const { fileName, uncompressedSize: size, crc32: crc } = member;
  let [seen, sum] = [0, 0];
  const parts = isStored(member) ? partsOf(packed) : inflate(packed);
  try {
    for await (const part of parts) {
      seen += part.length;
      sum = crc32(part, sum);
      if (seen > size) break;
      yield part;
    }
  } catch (cause) {
    throw isZlib(cause) ? invalid(`${fileName}: ${cause.message}`, 'deflated bytes', cause) : cause;
  }
  if (seen !== size || sum !== crc)
    throw invalid(
      seen === size ? `${fileName}: another checksum` : `${fileName}: ${seen > size ? 'more' : 'fewer'} bytes`,
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

/** Headers of a region, for yauzl: a place outside it, which any of them may name, is an error and not an exception. */
class RegionReader extends yauzl.RandomAccessReader {
  constructor(private readonly region: Region) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, read?: number) => void,
  ): void {
    if (!(position >= 0 && position + length <= this.region.size)) {
      callback(new Error(`${length} bytes at byte ${position} of ${this.region.size}`));
      return;
    }
    this.region.read(position, buffer.subarray(offset, offset + length)).then(() => callback(null, length), callback);
  }
}

async function inWords<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw isCounterweightError(cause) ? cause : invalid((cause as Error).message, 'a whole zip archive', cause);
  }
}
