import { existsSync } from 'node:fs';

import { errors } from './errors.js';
import { loadManifest, type LoadOptions, type Manifest } from './manifest.js';
import { recordedRun } from './run-folder.js';

/**
 * The manifest of a run to resume, from where the run says that it came: `run(await recordedManifest(folder), { resume: folder })`.
 * @param options overrides are put after those that the run began with
 * @throws nothing-to-resume, resume-manifest-unknown, resume-in-code; what `loadManifest` throws
 */
export async function recordedManifest(folder: string, { set = [], ...options }: LoadOptions = {}): Promise<Manifest> {
  const recorded = recordedRun(folder);
  if (!recorded) throw errors['nothing-to-resume']({ folder });
  const { file, set: before, code } = recorded.source;
  if (code) throw errors['resume-in-code']({ folder });
  if (!existsSync(file)) throw errors['resume-manifest-unknown']({ folder, file, set: before });
  return loadManifest(file, { ...options, set: [...before, ...set] });
}
