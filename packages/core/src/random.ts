/**
 * A cursor on random numbers that depend on (seed, path of forks, index) only: a resumed run needs no generator state.
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a counter, encrypted.
 */
export interface RandomStream {
  /** A stream of its own; does not move this one. Equal names give equal streams. */
  fork(name: string | number): RandomStream;
  /** In [0, 1), 32 bits. */
  uniform(): number;
  /** In [0, below), without bias. Throws a RangeError unless `below` is from 1 to 2³². */
  integer(below: number): number;
  /** Standard normal (Box and Muller 1958). */
  normal(): number;
}

export const randomStream = (seed: number): RandomStream => stream(hash(0x9e3779b9, 0x85ebca6b, String(seed)));

type Key = readonly [number, number];

function stream(key: Key): RandomStream {
  let index = 0;
  const block = new Uint32Array(4);
  const bits = (): number => {
    if (index % 4 === 0) philox(key, [(index / 4) >>> 0, Math.floor(index / 2 ** 34), 0, 0], block);
    return block[index++ % 4]!;
  };
  const uniform = (): number => bits() / 2 ** 32;
  return {
    fork: (name) => stream(hash(...key, `${typeof name}:${name}`)),
    uniform,
    integer: (below) => {
      if (!(below >= 1 && below <= 2 ** 32)) throw new RangeError(`integer(${below}): expected 1 to 2^32`);
      const limit = Math.floor(2 ** 32 / below) * below;
      for (;;) {
        const value = bits();
        if (value < limit) return value % below;
      }
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

type Counter = readonly [number, number, number, number];

/** Ten rounds on a counter: four numbers of 32 bits. */
export function philox(key: Key, counter: Counter, into = new Uint32Array(4)): Uint32Array {
  let [k0, k1] = key;
  let [a, b, c, d] = counter;
  for (let round = 0; round < 10; round++) {
    const highA = high(0xd2511f53, a);
    const lowA = Math.imul(0xd2511f53, a);
    const highC = high(0xcd9e8d57, c);
    // One by one: an array to destructure would cost six times the arithmetic.
    a = highC ^ b ^ k0;
    b = Math.imul(0xcd9e8d57, c);
    c = highA ^ d ^ k1;
    d = lowA;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  into[0] = a;
  into[1] = b;
  into[2] = c;
  into[3] = d;
  return into;
}

/** The upper half of the product of two numbers of 32 bits; `Math.imul` gives the lower one. */
function high(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const carry = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** 64 bits of a parent's key and a name: two chains of multiply and rotate, finished as in MurmurHash3. */
function hash(h0: number, h1: number, name: string): Key {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    h0 = Math.imul(h0 ^ code, 0xcc9e2d51);
    h0 = (h0 << 15) | (h0 >>> 17);
    h1 = Math.imul(h1 ^ code, 0x1b873593);
    h1 = (h1 << 13) | (h1 >>> 19);
    h1 = (h1 + Math.imul(h0, 5)) | 0;
  }
  const finish = (h: number): number => {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  return [finish(h0 ^ h1), finish(h1 + name.length)];
}

/** Shuffles in place (Fisher and Yates). */
export function shuffle(values: Int32Array, random: RandomStream): Int32Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}
