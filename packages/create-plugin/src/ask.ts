import { createInterface } from 'node:readline/promises';

import { KINDS, type PluginKind } from './kinds.js';

/** Where questions are asked: two terminals. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks until an answer will do.
 * @param take the answer's meaning, or undefined: then it is asked again
 * @returns undefined where the terminal was closed instead (Ctrl-C, Ctrl-D)
 */
export async function ask<T>(
  { input, output }: Terminal,
  question: string,
  take: (answer: string) => T | undefined,
): Promise<T | undefined> {
  const lines = createInterface({ input, output });
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  try {
    for (;;) {
      const taken = take((await lines.question(question, { signal: closed.signal })).trim());
      if (taken !== undefined) return taken;
    }
  } catch (error) {
    if (closed.signal.aborted) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}

const KIND_LIST = Object.entries(KINDS)
  .map(([kind, { title }], i) => `  ${i + 1}  ${kind.padEnd(12)}${title}\n`)
  .join('');

export const KIND_QUESTION = `What kind of plugin?\n${KIND_LIST}Number or word: `;

const WORDS = Object.keys(KINDS) as PluginKind[];

/** A kind by its place in the list, or by its word. */
export const kindAnswered = (answer: string): PluginKind | undefined =>
  WORDS.find((kind, i) => answer === kind || answer === `${i + 1}`);
