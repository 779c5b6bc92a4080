import { existsSync, readdirSync } from 'node:fs';

import type { ReferenceAdapter } from '@counterweight/testing';

/** The folder of all packages, seen from this file: the same distance in the sources and in what is built from them. */
const PACKAGES = new URL('../../../packages/', import.meta.url);
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/**
 * All adapters as one: what the packages here say they have.
 * @throws RangeError where two packages name the same thing
 */
export async function loadAdapters(): Promise<ReferenceAdapter> {
  const all: Record<string, unknown> = {};
  for (const name of readdirSync(PACKAGES).sort()) {
    const file = new URL(`${name}/src/reference${EXTENSION}`, PACKAGES);
    if (!existsSync(file)) continue;
    const { default: adapter } = (await import(file.href)) as { default: ReferenceAdapter };
    for (const [topic, part] of Object.entries(adapter)) all[topic] = merged(all[topic], part, `${name}: ${topic}`);
  }
  return all;
}

function merged(known: unknown, more: unknown, where: string): unknown {
  if (known === undefined) return more;
  if (typeof known !== 'object' || typeof more !== 'object') throw new RangeError(`${where} stands in two packages`);
  const twice = Object.keys(more!).find((key) => key in known!);
  if (twice !== undefined) throw new RangeError(`${where}.${twice} stands in two packages`);
  return { ...known, ...more };
}
