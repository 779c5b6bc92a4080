import type { Stateful } from './state.js';

/** Watches a run. What it throws stops the run. One with memory saves and loads it: a resumed run has it again. */
export interface Callback extends Partial<Stateful> {
  batchEnd?(event: BatchEvent): void;
  epochEnd?(event: EpochEvent): void | Promise<void>;
  /** After a checkpoint was written whole. */
  checkpoint?(event: { readonly file: string; readonly step: number }): void | Promise<void>;
  /** Of a plugin that a manifest names: once, when its process is done with the run, however that ended. */
  close?(): void | Promise<void>;
}

export interface BatchEvent {
  readonly epoch: number;
  /** Counts from 1 over the whole run. */
  readonly step: number;
  readonly loss: number;
  /** Entries that counted: all known ones without mining. */
  readonly keptPositives: number;
  readonly keptNegatives: number;
}

export interface EpochEvent {
  readonly epoch: number;
  /** Steps done so far in the whole run. */
  readonly step: number;
  /** Mean training loss over the epoch's entries. */
  readonly loss: number;
  readonly learningRate: number;
  readonly seconds: number;
  /** Of these, waiting for inputs: near 0 when arithmetic is the bound. */
  readonly waited: number;
  readonly keptPositives: number;
  readonly keptNegatives: number;
  /** Of the validation split, by name; empty without one. */
  readonly metrics: Readonly<Record<string, number | null>>;
  stop(reason: string): void;
}
