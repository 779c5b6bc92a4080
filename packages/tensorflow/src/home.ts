import { homedir } from 'node:os';

/** This user's folder; undefined for a user without one, as containers have that are given a number only. */
export function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return home === '' ? undefined : home;
  } catch {
    return undefined;
  }
}
