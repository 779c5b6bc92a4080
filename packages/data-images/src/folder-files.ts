import type { BigIntStats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

import { fileProblem, NOT_THERE } from './image-file.js';

export interface FolderFile {
  /** Absolute, without links. */
  readonly path: string;
  readonly stats: BigIntStats;
}

/** Finds files below a folder and nothing else: neither a path nor a link leads out of it. */
export class FolderFiles {
  readonly #folders = new Map<string, Promise<string>>();

  private constructor(
    readonly folder: string,
    readonly root: string,
  ) {}

  /** @param folder absolute; may itself be a link */
  static async of(folder: string): Promise<FolderFiles> {
    return new FolderFiles(folder, await realpath(folder));
  }

  /** The absolute path that a name stands for, links and all; undefined when it leads out by its very spelling. */
  resolve(name: string): string | undefined {
    const path = resolve(this.folder, name);
    return isAbsolute(name) || !isWithin(this.folder, path) ? undefined : path;
  }

  /**
   * @param name relative to the folder
   * @throws Error in words: missing, outside, no regular file
   */
  async find(name: string): Promise<FolderFile> {
    if (name === '') throw new Error('no image');
    if (name.includes('\0')) throw new Error('not the name of a file');
    const path = this.resolve(name);
    if (path === undefined) throw new Error(OUTSIDE);
    try {
      // Most names are no links: then one call for the folder, asked once, is enough.
      let real = join(await this.#realFolder(dirname(path)), basename(path));
      let stats = await lstat(real, { bigint: true });
      if (stats.isSymbolicLink()) {
        real = await realpath(real);
        stats = await stat(real, { bigint: true });
      }
      if (!isWithin(this.root, real)) throw new Error(OUTSIDE);
      if (stats.isDirectory()) throw new Error('a folder, not a file');
      if (!stats.isFile()) throw new Error('not a regular file');
      return { path: real, stats };
    } catch (error) {
      const problem = fileProblem(error);
      const isOfWindows = problem === NOT_THERE && name.includes('\\');
      throw new Error(isOfWindows ? `${problem}; / stands between folders` : problem, { cause: error });
    }
  }

  #realFolder(folder: string): Promise<string> {
    const known = this.#folders.get(folder) ?? realpath(folder);
    this.#folders.set(folder, known);
    return known;
  }
}

const OUTSIDE = 'leads out of the folder of images';

const isWithin = (folder: string, path: string): boolean => {
  const inside = relative(folder, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
};
