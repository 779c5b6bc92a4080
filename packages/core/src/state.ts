export type StateArrays = Readonly<Record<string, Float32Array | Float64Array | Int32Array | Uint8Array>>;

/** Everything with memory: stop after any step, save, load elsewhere, and the bits that follow are the same. */
export interface Stateful {
  save(): StateArrays;
  load(state: StateArrays): void;
}
