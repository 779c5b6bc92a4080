import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';

import { isCounterweightError, type StateArrays } from '@counterweight/core';

import { errors } from '../errors.js';
import { LARGEST_RECORD, parseRecord, recordName, stepOf, valuesNames, type CheckpointRecord } from './record.js';
import { isPartial, readWhole, writeWhole, type FileSystem } from './files.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** A moment of a run from which it can go on. */
export interface Checkpoint {
  /** Of the whole run, done. */
  readonly step: number;
  readonly epoch: number;
  /** Of that epoch, done. */
  readonly batch: number;
  /** Of training until then. */
  readonly seconds: number;
  readonly arrays: StateArrays;
  /** What else must be known to go on, as text. */
  readonly about: Readonly<Record<string, string>>;
}

export interface Latest {
  /** The newest that is whole. */
  readonly checkpoint: Checkpoint | undefined;
  /** Newer ones that are not, and why. */
  readonly refused: readonly { readonly file: string; readonly why: string }[];
}

/**
 * The checkpoints of one run in a folder of their own. Killed at any moment, in a write too, it holds the last one whole:
 * values first, then the record that makes them count, each by temporary name, sync and rename; older ones go last.
 * One process writes, one write at a time.
 */
export class CheckpointStore {
  private readonly keep: number;
  private readonly files: FileSystem;

  /** @param options `keep`: how many of the newest stay, at least 1 */
  constructor(
    private readonly folder: string,
    { keep, files = nodeFiles }: { readonly keep: number; readonly files?: FileSystem },
  ) {
    this.keep = Math.max(1, keep);
    this.files = files;
  }

  /**
   * Writes a checkpoint; the arrays must not change meanwhile. Afterwards it is the newest: any of later steps, which the
   * run did not go on from, are removed with those beyond `keep`.
   * @returns the file of the values
   * @throws checkpoint-unwritable: those before it are as they were, and nothing of it is left; state-name-invalid
   */
  async write({ arrays, about, ...position }: Checkpoint): Promise<{ readonly file: string }> {
    const { step } = position;
    const tensors = Object.entries(arrays).map(([name, values]) => ({ name, shape: [values.length], values }));
    const parts = encodeSafetensors(tensors);
    try {
      await this.files.mkdir(this.folder, { recursive: true });
      await this.removeLeftovers();
      const [first, second] = valuesNames(step);
      const file = (await this.valuesOf(step)) === first ? second : first;
      const written = await writeWhole(this.files, this.path(file), parts);
      const record: CheckpointRecord = { format: 1, file, ...written, ...position, about };
      try {
        await writeWhole(this.files, this.path(recordName(step)), [
          Buffer.from(`${JSON.stringify(record, null, 2)}\n`),
        ]);
      } catch (error) {
        // Where only the sync after its rename failed, the record stands, and needs the values.
        const stands = await this.valuesOf(step).then(
          (named) => named === file,
          () => true,
        );
        if (!stands) await this.files.unlink(this.path(file)).catch(() => undefined);
        throw error;
      }
      // The checkpoint is complete: what cannot be removed is tried again after the next one.
      await this.removeOld(step, file).catch(() => undefined);
      return { file: this.path(file) };
    } catch (error) {
      throw await this.unwritable(error);
    }
  }

  /** The newest checkpoint that is whole. Throws nothing: what cannot be read is refused, the reason in words. */
  async latest(): Promise<Latest> {
    const refused: { file: string; why: string }[] = [];
    let steps: readonly number[] = [];
    try {
      steps = await this.steps();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') refused.push({ file: this.folder, why: reasonOf(error) });
    }
    for (const step of steps) {
      const file = this.path(recordName(step));
      try {
        return { checkpoint: await this.read(await this.record(step)), refused };
      } catch (error) {
        refused.push({ file, why: reasonOf(error) });
      }
    }
    return { checkpoint: undefined, refused };
  }

  private async read(record: CheckpointRecord): Promise<Checkpoint> {
    const { file, bytes: size, sha256, step, epoch, batch, seconds, about } = record;
    const found = await readWhole(this.files, this.path(file), size);
    if (found.bytes.length !== size) throw new Error(`${file} has ${found.bytes.length} of ${size} bytes`);
    if (found.sha256 !== sha256) throw new Error(`${file} was changed: its sha256 is another`);
    const { tensors } = decodeSafetensors(found.bytes, file);
    const arrays = Object.fromEntries(tensors.map(({ name, values }) => [name, values]));
    return { step, epoch, batch, seconds, arrays, about };
  }

  private async record(step: number): Promise<CheckpointRecord> {
    return parseRecord((await readWhole(this.files, this.path(recordName(step)), LARGEST_RECORD)).bytes, step);
  }

  /** That have a record, whole or not; the newest first. */
  private async steps(): Promise<readonly number[]> {
    const found = (await this.files.readdir(this.folder)).map(stepOf);
    return found.flatMap((one) => (one?.kind === 'record' ? [one.step] : [])).sort((a, b) => b - a);
  }

  /** Undefined where a step has no record, or one that cannot be used. */
  private async valuesOf(step: number): Promise<string | undefined> {
    try {
      return (await this.record(step)).file;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined || code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** What writers left that did not live to finish: temporary files, and values without a record. */
  private async removeLeftovers(): Promise<void> {
    const names = await this.files.readdir(this.folder);
    for (const name of names) {
      const own = stepOf(name);
      if (isPartial(name) || (own?.kind === 'values' && !names.includes(recordName(own.step))))
        await this.files.unlink(this.path(name));
    }
  }

  /** All but the checkpoint just written and the newest before it; a record goes before its values, or these stay. */
  private async removeOld(step: number, file: string): Promise<void> {
    const names = await this.files.readdir(this.folder);
    const kept = new Set([step]);
    for (const older of (await this.steps()).filter((one) => one < step)) {
      if (kept.size === this.keep) break;
      if (await this.record(older).catch(() => undefined)) kept.add(older);
    }
    const old = names.filter((name) => {
      const own = stepOf(name);
      if (!own) return false;
      return own.step === step ? own.kind === 'values' && name !== file : !kept.has(own.step);
    });
    for (const kind of ['record', 'values'])
      for (const name of old.filter((one) => stepOf(one)?.kind === kind)) await this.files.unlink(this.path(name));
  }

  private async unwritable(error: unknown): Promise<Error> {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const free = await this.files.statfs(this.folder).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => undefined,
    );
    return errors['checkpoint-unwritable']({ folder: this.folder, message, code, free }, { cause: error });
  }

  private readonly path = (name: string): string => join(this.folder, name);
}

const reasonOf = (error: unknown): string => {
  if (isCounterweightError(error)) return error.found;
  return error instanceof Error ? error.message : String(error);
};
