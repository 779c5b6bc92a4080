import { errors } from './errors.js';

/** How the values of an npy file are turned into float32. */
export interface NpyValues {
  readonly itemBytes: number;
  /** float32, little-endian: the bytes are the values. */
  readonly asTheyAre: boolean;
  /** Turns whole items into numbers; may change `bytes`, which begin at a multiple of 8. */
  convert(bytes: Uint8Array, into: Float32Array): void;
}

type Numbers = (buffer: ArrayBufferLike, offset: number, length: number) => ArrayLike<number>;
const numbers: Readonly<Record<string, Numbers>> = {
  f4: (...at) => new Float32Array(...at),
  f8: (...at) => new Float64Array(...at),
  i1: (...at) => new Int8Array(...at),
  u1: (...at) => new Uint8Array(...at),
  b1: (...at) => new Uint8Array(...at).map((byte) => (byte ? 1 : 0)),
  i2: (...at) => new Int16Array(...at),
  u2: (...at) => new Uint16Array(...at),
  i4: (...at) => new Int32Array(...at),
  u4: (...at) => new Uint32Array(...at),
};

/** @throws npy-dtype-unsupported */
export function npyValues(dtype: string): NpyValues {
  const [, order, kind = ''] = /^([<>|=]?)([fiub]\d)$/.exec(dtype) ?? [];
  const itemBytes = Number(kind[1]);
  const fill = filler(kind);
  if (!fill || (order === '|' && itemBytes > 1)) throw errors['npy-dtype-unsupported']({ dtype });
  const swap = order === '>' ? swapper(itemBytes) : undefined;
  return {
    itemBytes,
    asTheyAre: kind === 'f4' && !swap,
    convert: (bytes, into) => {
      swap?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      fill(bytes, into);
    },
  };
}

function filler(kind: string): NpyValues['convert'] | undefined {
  if (kind === 'f2') return fillHalves();
  if (kind === 'i8' || kind === 'u8') return fillLong(kind === 'i8');
  const view = Object.hasOwn(numbers, kind) ? numbers[kind] : undefined;
  return view && (({ buffer, byteOffset }, into) => into.set(view(buffer, byteOffset, into.length)));
}

const swapper = (itemBytes: number): ((bytes: Buffer) => Buffer) | undefined =>
  itemBytes === 2
    ? (bytes) => bytes.swap16()
    : itemBytes === 4
      ? (bytes) => bytes.swap32()
      : itemBytes === 8
        ? (bytes) => bytes.swap64()
        : undefined;

/** Halves by a table of all 65,536 of them (IEEE 754-2008, binary16). */
function fillHalves(): NpyValues['convert'] {
  const table = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
  });
  return ({ buffer, byteOffset }, into) => {
    const halves = new Uint16Array(buffer, byteOffset, into.length);
    for (let i = 0; i < into.length; i++) into[i] = table[halves[i]!]!;
  };
}

/** 64 bits from two halves: exact to 2^53, which is more than float32 keeps; no bigint per value. */
function fillLong(signed: boolean): NpyValues['convert'] {
  return ({ buffer, byteOffset }, into) => {
    const low = new Uint32Array(buffer, byteOffset, 2 * into.length);
    const high = signed ? new Int32Array(buffer, byteOffset, 2 * into.length) : low;
    for (let i = 0; i < into.length; i++) into[i] = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
  };
}
