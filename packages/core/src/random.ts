/**
 * A cursor on random numbers that depend on (seed, path of forks, index) only: a resumed run needs no generator state.
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a counter, encrypted.
 */
export interface RandomStream {
  /** A stream of its own; does not move this one. Equal names give equal streams. */
  fork(name: string | number): RandomStream;
  /** In [0, 1), 32 bits. */
  uniform(): number;
  /** In [0, below), without bias; `below` up to 2³². */
  integer(below: number): number;
  /** Standard normal (Box and Muller 1958). */
  normal(): number;
}

export const randomStream = (seed: number): RandomStream => stream(hash(0x9e3779b9, 0x85ebca6b, String(seed)));

type Key = readonly [number, number];

function stream(key: Key): RandomStream {
  let index = 0;
  let block: Uint32Array = new Uint32Array(4);
  const bits = (): number => {
    if (index % 4 === 0) block = philox(key, [(index / 4) >>> 0, Math.floor(index / 2 ** 34), 0, 0]);
    return block[index++ % 4]!;
  };
  const uniform = (): number => bits() / 2 ** 32;
  return {
    fork: (name) => stream(hash(...key, `${typeof name}:${name}`)),
    uniform,
    integer: (below) => {
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
export function philox([k0, k1]: Key, counter: Counter): Uint32Array {
  let [a, b, c, d] = counter;
  for (let round = 0; round < 10; round++) {
    const [highA, lowA] = multiply(0xd2511f53, a);
    const [highC, lowC] = multiply(0xcd9e8d57, c);
    [a, b, c, d] = [(highC ^ b ^ k0) >>> 0, lowC, (highA ^ d ^ k1) >>> 0, lowA];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return Uint32Array.of(a, b, c, d);
}

/** High and low half of a product of two numbers of 32 bits. */
function multiply(a: number, b: number): [number, number] {
  const low = Math.imul(a, b) >>> 0;
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle % 0x10000) + aLow * bHigh;
  return [(aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0, low];
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
