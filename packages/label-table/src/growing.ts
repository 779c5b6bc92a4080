/** Numbers whose count is not known in advance: pieces of one size, so that growing copies nothing. */
const PIECE = 1 << 12;

type Numbers = Uint8Array | Int32Array | Uint32Array | Float32Array;

export class Growing<A extends Numbers> {
  private readonly pieces: A[] = [];
  private used = PIECE;

  constructor(private readonly allocate: (length: number) => A) {}

  get length(): number {
    return this.pieces.length * PIECE - (PIECE - this.used);
  }

  push(value: number): void {
    if (this.used === PIECE) {
      this.pieces.push(this.allocate(PIECE));
      this.used = 0;
    }
    this.pieces[this.pieces.length - 1]![this.used++] = value;
  }

  /** Pads with a value up to a length. */
  fill(length: number, value: number): void {
    while (this.length < length) this.push(value);
  }

  /** All numbers, each through a function, into an array of their length. */
  into<T extends Numbers | Uint16Array>(array: T, convert: (value: number) => number = (value) => value): T {
    this.pieces.forEach((piece, p) => {
      const start = p * PIECE;
      const end = Math.min(PIECE, array.length - start);
      for (let i = 0; i < end; i++) array[start + i] = convert(piece[i]!);
    });
    return array;
  }

  packed(): A {
    return this.into(this.allocate(this.length));
  }
}
