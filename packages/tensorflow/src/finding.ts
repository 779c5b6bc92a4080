/** One line of a diagnosis: what there is beside what the engine needs. */
export interface Finding {
  readonly name: string;
  readonly found: string;
  /** Absent where nothing in particular is needed. */
  readonly needed?: string;
  readonly good: boolean;
}
