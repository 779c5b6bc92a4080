import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';

import type { FolderFile } from './folder-files.js';

/** A change within this time of the last one may leave a file's times as they were (clocks of file systems tick slowly). */
const SETTLED = 2_000_000_000n; // nanoseconds

/** The sha256 of files that were read before and have not changed since, so that they need not be read again. */
export class KnownFiles {
  #changed = false;

  private constructor(
    readonly file: string | null,
    /** By path: what `stat` said and the sha256. */
    readonly known: Map<string, readonly [stats: string, content: string]>,
  ) {}

  /** Of one folder of images; a list that is damaged is no list. */
  static async of(cache: string | null, root: string): Promise<KnownFiles> {
    if (cache === null) return new KnownFiles(null, new Map());
    const name = createHash('sha256').update(root).digest('hex').slice(0, 32);
    const file = join(cache, 'files', `${name}.json`);
    return new KnownFiles(file, await readKnown(file).catch(() => new Map()));
  }

  contentOf({ path, stats }: FolderFile): string | undefined {
    const known = this.known.get(path);
    return known?.[0] === signature(stats) ? known[1] : undefined;
  }

  remember({ path, stats }: FolderFile, content: string): void {
    const settled = BigInt(Date.now()) * 1_000_000n - SETTLED;
    if (stats.mtimeNs > settled || stats.ctimeNs > settled) return;
    this.known.set(path, [signature(stats), content]);
    this.#changed = true;
  }

  /** Under a temporary name first. Without room or right to write there is no list; the images are then hashed again. */
  async save(): Promise<void> {
    if (this.file === null || !this.#changed) return;
    this.#changed = false;
    const temporary = `${this.file}.${randomUUID()}.tmp`;
    const text = JSON.stringify([...this.known]);
    try {
      await mkdir(dirname(this.file), { recursive: true });
      await writeFile(temporary, `${crc32(text)}\n${text}`);
      await rename(temporary, this.file);
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}

async function readKnown(file: string): Promise<KnownFiles['known']> {
  const text = await readFile(file, 'utf8');
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (String(crc32(body)) !== text.slice(0, end)) throw new Error('damaged');
  return new Map(JSON.parse(body) as [string, [string, string]][]);
}

const signature = ({ size, mtimeNs, ctimeNs, ino }: FolderFile['stats']): string =>
  `${size} ${mtimeNs} ${ctimeNs} ${ino}`;
