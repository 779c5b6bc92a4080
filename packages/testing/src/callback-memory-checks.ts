/** What a callback remembers: in `save`, and in the files of its folder. */
import type { Callback } from '@counterweight/core';

import { callbackCheck } from './callback-check.js';
import { replay } from './callback-replay.js';
import { train } from './callback-training.js';
import { demand } from './check.js';
import { filesOf } from './files.js';
import { copyOf, demandSameState, demandStateArrays } from './state.js';

const both = callbackCheck('it has both save and load, or neither', async ({ create }) => {
  const { save, load } = await create();
  demand(!save === !load, 'save with load', () => (save ? 'save alone' : 'load alone'));
});

const resumes = callbackCheck(
  'killed after any event and resumed, it ends as if it had not been',
  async ({ dataset, create, newFolder }) => {
    const { told } = await train(dataset);
    const [home, whole] = await instance();
    const wanted = await replay(whole, told);
    const end = wanted.stops[0]?.[0] ?? told.length;
    for (let place = 0; place <= end; place++) {
      const [folder, first] = await instance();
      await replay(first, told, 0, place);
      const saved = first.save && copyOf(first.save());
      await replay(first, told, place, place + 2); // what came after the checkpoint happens again
      const second = await create(folder);
      if (saved) second.load!(saved);
      const { stops } = await replay(second, told, place);
      const after = `resumed after ${place} of ${told.length} events`;
      demand(
        JSON.stringify(stops) === JSON.stringify(wanted.stops),
        `${after}: stops ${JSON.stringify(wanted.stops)}`,
        () => JSON.stringify(stops),
      );
      if (whole.save) demandSameState(second.save!(), whole.save());
      await demandSameFiles(after, folder, home);
    }

    async function instance(): Promise<[folder: string, callback: Callback]> {
      const folder = newFolder();
      return [folder, await create(folder)];
    }
  },
);

/** @throws check-failed unless both folders have the same files */
async function demandSameFiles(what: string, folder: string, wanted: string): Promise<void> {
  const [got, want] = await Promise.all([filesOf(folder), filesOf(wanted)]);
  const names = (files: ReadonlyMap<string, Buffer>): string => [...files.keys()].sort().join(', ') || 'no file';
  demand(names(got) === names(want), `${what}: ${names(want)} in RUN_FOLDER`, () => names(got));
  for (const [name, bytes] of want)
    demand(got.get(name)!.equals(bytes), `${what}: ${name} as a run that was not stopped leaves it`, () =>
      excerpt(got.get(name)!, bytes),
    );
}

/** Where two contents part. */
function excerpt(got: Buffer, want: Buffer): string {
  const at = got.findIndex((byte, i) => byte !== want[i]);
  const from = Math.max(0, (at === -1 ? want.length : at) - 20);
  return `${got.length} bytes instead of ${want.length}, from byte ${from}: ${JSON.stringify(got.toString('utf8', from, from + 60))}`;
}

const owned = callbackCheck('arrays that were saved or loaded stay as they are', async ({ dataset, create }) => {
  const { told } = await train(dataset);
  const [first, second] = [await create(), await create()];
  if (!first.save || !second.load) return;
  await replay(first, told, 0, 5);
  const saved = first.save();
  demandStateArrays(saved);
  const copy = copyOf(saved);
  second.load(saved);
  await replay(first, told, 5);
  demandSameState(saved, copy);
  await replay(second, told, 5);
  demandSameState(saved, copy);
});

export const memoryChecks = [both, resumes, owned] as const;
