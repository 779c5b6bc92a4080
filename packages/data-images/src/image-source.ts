import type { Inputs } from '@counterweight/core';
import type { LabelTable } from '@counterweight/label-table';

/** Images of one size with their table: what a folder and a pack have in common. */
export interface ImageSource {
  /** Row i belongs to image i. */
  readonly table: LabelTable;
  /** [height, width, channels] */
  readonly shape: readonly [number, number, 1 | 3];
  /** [images] equal numbers for equal images */
  readonly contents: Int32Array;
  /** sha256 over what decides the pixels. */
  readonly fingerprint: string;
  readonly notices: readonly string[];
  readonly read: Inputs['read'];
  readonly close: Inputs['close'];
}
