// What a program or library of Linux (ELF, 64-bit, little-endian) tells the loader: what it needs, offers, imports and exports. Only the
// parts asked for are read, never more than LIMIT bytes at a time, so that a library of a gigabyte takes no longer than a small one.
// Nothing in the file is trusted: whatever points outside of it, or goes on for too long, is an error.
// Source: System V ABI, chapters 4 and 5, and its supplement on symbol versions; the GNU hash table as glibc's dl-lookup.c reads it.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A version that a file needs of a library, as `GLIBC_2.14` of `libc.so.6`. */
export interface VersionNeed {
  readonly library: string;
  readonly version: string;
}

/** A symbol without which the file does not work. */
interface ImportedSymbol {
  readonly name: string;
  /** The library that it was linked from; absent where that has no versions. */
  readonly library?: string;
}

export interface Elf {
  /** The loader that a program asks for. */
  readonly interpreter: string | undefined;
  /** Libraries, by name. */
  needed(): readonly string[];
  versionNeeds(): readonly VersionNeed[];
  versionDefinitions(): readonly string[];
  imports(): readonly ImportedSymbol[];
  exports(symbol: string): boolean;
}

/** `length` bytes from `offset`; throws outside of the file. */
type Reader = (offset: number, length: number) => Buffer;

const LIMIT = 1 << 20;
const MANY = 10_000;
const LONGEST_NAME = 1 << 12;
const [SEGMENT, SYMBOL, WEAK] = [56, 24, 2];
const PT = { load: 1, dynamic: 2, interpreter: 3 };
const DT = {
  needed: 1,
  strings: 5,
  symbols: 6,
  stringsSize: 10,
  hash: 0x6ffffef5,
  symbolVersions: 0x6ffffff0,
  definitions: 0x6ffffffc,
  needs: 0x6ffffffe,
};

/** Opens a file, gives it to `use`, closes it. What is asked of it later, or of something else, throws a plain Error saying what is wrong. */
export function withElf<T>(path: string, use: (elf: Elf) => T): T {
  const file = openSync(path, 'r');
  try {
    return use(elfOf(readerOf(file)));
  } finally {
    closeSync(file);
  }
}

function readerOf(file: number): Reader {
  const { size } = fstatSync(file);
  return (offset, length) => {
    if (!(offset >= 0 && length >= 0 && length <= LIMIT && offset + length <= size)) throw broken();
    const buffer = Buffer.alloc(length);
    if (readSync(file, buffer, 0, length, offset) < length) throw broken();
    return buffer;
  };
}

function elfOf(read: Reader): Elf {
  const header = read(0, 64);
  if (header.toString('latin1', 0, 4) !== '\x7fELF') throw new Error('not an ELF file');
  if (header[4] !== 2 || header[5] !== 1 || header.readUInt16LE(54) !== SEGMENT)
    throw new Error('not an ELF file of a 64-bit little-endian machine');
  const start = long(header, 32);
  const segments = Array.from({ length: header.readUInt16LE(56) }, (_, i) => {
    const entry = read(start + i * SEGMENT, SEGMENT);
    return { type: entry.readUInt32LE(0), offset: long(entry, 8), address: long(entry, 16), size: long(entry, 32) };
  });
  /** Bytes by the address at which they will lie in memory. */
  const memory: Reader = (address, length) => {
    const segment = segments.find(
      ({ type, address: from, size }) => type === PT.load && address >= from && address + length <= from + size,
    );
    if (segment === undefined) throw broken();
    return read(segment.offset + address - segment.address, length);
  };
  const whole = (type: number): Buffer | undefined => {
    const segment = segments.find((one) => one.type === type);
    return segment && read(segment.offset, segment.size);
  };
  const interpreter = whole(PT.interpreter);
  return {
    interpreter: interpreter && textOf(interpreter),
    ...linkage(memory, dynamicTable(whole(PT.dynamic) ?? Buffer.alloc(0))),
  };
}

function dynamicTable(bytes: Buffer): { tag: number; value: number }[] {
  const entries = [];
  for (let at = 0; at + 16 <= bytes.length && long(bytes, at) !== 0; at += 16)
    entries.push({ tag: long(bytes, at), value: long(bytes, at + 8) });
  return entries;
}

function linkage(memory: Reader, dynamic: readonly { tag: number; value: number }[]): Omit<Elf, 'interpreter'> {
  const find = (tag: number) => dynamic.find((entry) => entry.tag === tag)?.value;
  const place = (tag: number): number => {
    const value = find(tag);
    if (value === undefined) throw broken();
    return value;
  };
  const name = (offset: number): string =>
    textOf(memory(place(DT.strings) + offset, Math.min(place(DT.stringsSize) - offset, LONGEST_NAME)));
  const needs = () => versionNeeds(memory, find(DT.needs), name);
  return {
    needed() {
      return dynamic.filter(({ tag }) => tag === DT.needed).map(({ value }) => name(value));
    },
    versionNeeds() {
      return needs().map(({ library, version }) => ({ library, version }));
    },
    versionDefinitions() {
      return versionDefinitions(memory, find(DT.definitions), name);
    },
    imports() {
      if (find(DT.symbols) === undefined) return [];
      const libraries = new Map(needs().map(({ index, library }) => [index, library]));
      const versions = find(DT.symbolVersions);
      // The hash table leaves out the first symbols: those that others must have.
      const count = memory(place(DT.hash), 16).readUInt32LE(4);
      const symbols = memory(place(DT.symbols), count * SYMBOL);
      return Array.from({ length: count }, (_, i) => i).flatMap((i) => {
        const symbol = symbols.subarray(i * SYMBOL, (i + 1) * SYMBOL);
        if (i === 0 || symbol.readUInt16LE(6) !== 0 || symbol.readUInt8(4) >> 4 === WEAK) return [];
        const index = versions === undefined ? 0 : memory(versions + 2 * i, 2).readUInt16LE(0) & 0x7fff;
        const library = libraries.get(index);
        return [{ name: name(symbol.readUInt32LE(0)), ...(library !== undefined && { library }) }];
      });
    },
    exports(symbol) {
      return isInHashTable(memory, place(DT.hash), symbol, (i) => {
        const entry = memory(place(DT.symbols) + i * SYMBOL, SYMBOL);
        return entry.readUInt16LE(6) === 0 ? undefined : name(entry.readUInt32LE(0));
      });
    },
  };
}

function versionNeeds(memory: Reader, start: number | undefined, name: (offset: number) => string) {
  let room = MANY;
  return chained(memory, start, 16, 12, room).flatMap(({ bytes: need, at }) => {
    const library = name(need.readUInt32LE(4));
    const versions = chained(memory, at + need.readUInt32LE(8), 16, 12, room);
    room -= versions.length;
    return versions.map(({ bytes }) => ({
      library,
      version: name(bytes.readUInt32LE(8)),
      index: bytes.readUInt16LE(6) & 0x7fff,
    }));
  });
}

const versionDefinitions = (memory: Reader, start: number | undefined, name: (offset: number) => string) =>
  chained(memory, start, 20, 16, MANY).map(({ bytes, at }) =>
    name(memory(at + bytes.readUInt32LE(12), 8).readUInt32LE(0)),
  );

/** Records of `size` bytes, each of which says at `next` how far on the following one is; 0 is the end. More than `limit` is an error. */
function chained(memory: Reader, start: number | undefined, size: number, next: number, limit: number) {
  const found = [];
  for (let at = start; at !== undefined;) {
    if (found.length >= limit) throw broken();
    const bytes = memory(at, size);
    found.push({ bytes, at });
    const step = bytes.readUInt32LE(next);
    at = step === 0 ? undefined : at + step;
  }
  return found;
}

function isInHashTable(memory: Reader, table: number, symbol: string, nameOf: (i: number) => string | undefined) {
  const [buckets, first, filters] = [0, 4, 8].map((at) => memory(table, 16).readUInt32LE(at)) as [
    number,
    number,
    number,
  ];
  if (buckets === 0) return false;
  const hash = [...Buffer.from(symbol, 'latin1')].reduce((sum, byte) => (Math.imul(sum, 33) + byte) >>> 0, 5381);
  const bucket = table + 16 + 8 * filters;
  const start = memory(bucket + 4 * (hash % buckets), 4).readUInt32LE(0);
  if (start < first) return false; // 0: an empty bucket
  for (let i = start; i - start < MANY; i++) {
    const one = memory(bucket + 4 * (buckets + i - first), 4).readUInt32LE(0);
    if ((one | 1) === (hash | 1) && nameOf(i) === symbol) return true;
    if ((one & 1) === 1) return false; // the bucket's last
  }
  throw broken();
}

/** A number that is an offset, an address or a size; one that is too large for a double points nowhere. */
function long(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value > Number.MAX_SAFE_INTEGER ? Infinity : Number(value);
}

/** Up to the zero byte. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  if (end < 0) throw broken();
  return bytes.toString('latin1', 0, end);
}

const broken = (): Error => new Error('an ELF file that is broken or cut off');
