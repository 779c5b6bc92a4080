/** What a calibrator must make of validation scores. */
import type { AnyPlugin, Calibration, Calibrator, SparseLabels } from '@counterweight/core';

import { COLUMNS, STATISTICS, targetsOf, unknownLabels } from './batches.js';
import { demand, demandEqual, type Check } from './check.js';
import { create } from './create.js';
import { errors } from './errors.js';
import { few, inMemory, known, logitsOf, partly } from './metric-evaluations.js';

type Fit = (labels: SparseLabels, logits?: Float32Array) => Promise<Calibration>;

const calibratorCheck = (name: string, holds: (fit: Fit) => Promise<void>): Check<'calibrator'> => ({
  name,
  run: async (plugin: AnyPlugin<'calibrator'>, options: unknown = {}) => {
    const calibrator: Calibrator = await create(plugin, options);
    await holds(async (labels, logits = logitsOf(labels)) => {
      try {
        return await Promise.resolve(calibrator.fit(inMemory(logits, COLUMNS), labels, structuredClone(STATISTICS)));
      } catch (cause) {
        throw errors['check-failed']({ expected: 'a calibration', found: String(cause) }, { cause });
      }
    });
  },
});

const demandJson = (what: string, got: Calibration, want: Calibration): void =>
  demand(JSON.stringify(got) === JSON.stringify(want), `${what}: ${JSON.stringify(want)}`, () => JSON.stringify(got));

const plain = calibratorCheck(
  'a calibration is plain JSON with an entry for each class, finite on any split',
  async (fit) => {
    for (const labels of [known(), partly(), few(), unknownLabels]) {
      const calibration = await fit(labels);
      const { format, perClass } = calibration;
      demand(typeof format === 'string' && format !== '', 'a format', () => JSON.stringify(format));
      demand(perClass.length === COLUMNS, `perClass of ${COLUMNS}`, () => `${perClass.length}`);
      perClass.forEach(({ method, values }, c) => {
        demand(typeof method === 'string' && method !== '', `a method for class ${c}`, () => JSON.stringify(method));
        demand(Array.isArray(values), `a list of values for class ${c}`, () => Object.prototype.toString.call(values));
        values.forEach((value) => demand(Number.isFinite(value), `finite values for class ${c}`, () => `${value}`));
      });
    }
  },
);

const pure = calibratorCheck('the same scores give the same calibration, and stay as they are', async (fit) => {
  const labels = partly();
  const logits = logitsOf(labels);
  const before = [...logits, ...targetsOf(labels).map((y) => y ?? -1)];
  const first = await fit(labels, logits);
  await fit(known());
  demandJson('fitted again', await fit(labels, logits), first);
  demandEqual('scores and labels, afterwards', [...logits, ...targetsOf(labels).map((y) => y ?? -1)], before);
});

const masks = calibratorCheck('unknown entries count nothing, also under a score that is NaN', async (fit) => {
  const labels = partly();
  const logits = logitsOf(labels);
  const targets = targetsOf(labels);
  const want = await fit(labels, logits);
  for (const spoilt of [NaN, 50]) {
    const other = logits.map((z, i) => (targets[i] === null ? spoilt : z));
    demandJson(`scores of ${spoilt} at unknown entries`, await fit(labels, other), want);
  }
});

export const fitChecks = [plain, pure, masks] as const;
