// The conformance kit on the device that is loaded: losses, miners, networks and optimisers compute with tensors.
import { cnn, mlp } from '@counterweight/cnn';
import type { AnyPlugin, Kind } from '@counterweight/core';
import focal from '@counterweight/loss-focal';
import weightedBce from '@counterweight/loss-weighted-bce';
import miners from '@counterweight/sampler-ohem';
import { type Check, lossChecks, mineChecks, modelChecks, optimizerChecks } from '@counterweight/testing';
import { optimizerPlugins } from '@counterweight/trainer';

export interface Laws {
  readonly held: number;
  /** Which law of which plugin is broken, and how. */
  readonly broken: readonly string[];
}

/** Every law of every plugin here that computes with tensors. */
export async function holdLaws(): Promise<Laws> {
  const broken: string[] = [];
  let held = 0;
  const hold = async <K extends Kind>(checks: readonly Check<K>[], plugins: readonly AnyPlugin<K>[]) => {
    for (const plugin of plugins)
      for (const check of checks)
        try {
          await check.run(plugin);
          held++;
        } catch (error) {
          broken.push(`${plugin.name}: ${check.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
  };
  await hold(lossChecks, [focal, weightedBce]);
  await hold(mineChecks, miners);
  await hold(modelChecks, [cnn, mlp]);
  await hold(optimizerChecks, optimizerPlugins);
  return { held, broken };
}
