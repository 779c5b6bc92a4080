import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const DAY = 24 * 60 * 60 * 1000;

/** Removes what interrupted installations left: folders `tmp-HOST-PID-…` of dead processes here, or a day old from elsewhere. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, host, pid] = /^tmp-(.+)-(\d+)-[^-]+$/.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(folder, name);
    const abandoned = host === hostname() ? !isAlive(Number(pid)) : await isOld(path);
    if (abandoned) await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const isOld = async (path: string): Promise<boolean> =>
  stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > DAY,
    () => false,
  );
