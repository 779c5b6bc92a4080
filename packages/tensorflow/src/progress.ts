import type { InstallOptions, InstallProgress } from './install.js';

/** Counts bytes of a file and tells how many there are now, of `total`; `done` are there already. */
export function progressOf(
  { onProgress }: InstallOptions,
  phase: InstallProgress['phase'],
  file: string,
  total: number,
): (count: number) => void {
  let done = 0;
  return (count) => {
    done += count;
    onProgress?.({ phase, file, done, total });
  };
}
