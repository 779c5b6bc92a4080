/** The small file beside a checkpoint's values. A checkpoint exists when this file does and what it says is true. */
import { z } from '@counterweight/core';

/** Raised when a checkpoint can no longer be read as before. */
const FORMAT = 1;

const checkpointRecord = z.strictObject({
  format: z.literal(FORMAT),
  /** Beside the record; never elsewhere. */
  file: z.string().regex(/^step-\d{9,16}(\.again)?\.safetensors$/),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  step: z.int().min(0),
  epoch: z.int().min(0),
  batch: z.int().min(0),
  seconds: z.number().min(0),
  about: z.record(z.string(), z.string()),
});
export type CheckpointRecord = z.output<typeof checkpointRecord>;

/** Of a record, in bytes: what is larger is none. */
export const LARGEST_RECORD = 2 ** 20;

const stemOf = (step: number): string => `step-${String(step).padStart(9, '0')}`;
export const recordName = (step: number): string => `${stemOf(step)}.json`;

/** A step's values have one of two names, so that the same step can be written again without touching what is there. */
export const valuesNames = (step: number): readonly [string, string] => [
  `${stemOf(step)}.safetensors`,
  `${stemOf(step)}.again.safetensors`,
];

/** The step that a file of the folder belongs to. */
export function stepOf(name: string): { readonly step: number; readonly kind: 'record' | 'values' } | undefined {
  const [, digits, ending] = /^step-(\d{9,16})(\.json|(?:\.again)?\.safetensors)$/.exec(name) ?? [];
  const step = Number(digits);
  if (!Number.isSafeInteger(step) || !name.startsWith(`${stemOf(step)}.`)) return undefined;
  return { step, kind: ending === '.json' ? 'record' : 'values' };
}

/** @throws with the reason in words */
export function parseRecord(bytes: Uint8Array, step: number): CheckpointRecord {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const found = checkpointRecord.safeParse(value);
  if (!found.success) {
    const { path = [], message = '' } = found.error.issues[0] ?? {};
    throw new Error(path[0] === 'format' ? 'made by another version' : [...path.map(String), message].join(': '));
  }
  const { data } = found;
  if (data.step !== step) throw new Error(`it is of step ${data.step}`);
  if (!valuesNames(step).includes(data.file)) throw new Error(`it names ${data.file}`);
  return data;
}
