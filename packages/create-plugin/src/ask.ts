import { createInterface } from 'node:readline';

import { KINDS, type PluginKind } from './kinds.js';

/** Where questions are asked: two terminals. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

export interface Questions {
  /**
   * Asks until an answer will do.
   * @param take the answer's meaning, or undefined: then it is asked again
   * @param expected is told with an answer that will not do
   * @returns undefined where the terminal was closed instead (Ctrl-C, Ctrl-D)
   */
  ask<T>(question: string, take: (answer: string) => T | undefined, expected: string): Promise<T | undefined>;
  close(): void;
}

/** One reader for all questions: lines that come together belong to one after the other. */
export function openQuestions({ input, output }: Terminal): Questions {
  const reader = createInterface({ input, output });
  const lines = reader[Symbol.asyncIterator]();
  return {
    ask: async (question, take, expected) => {
      reader.setPrompt(question);
      for (;;) {
        reader.prompt();
        const line = await lines.next();
        if (line.done) return undefined;
        const taken = take(line.value.trim());
        if (taken !== undefined) return taken;
        output.write(`expected ${expected}\n`);
      }
    },
    close: () => reader.close(),
  };
}

const WORDS = Object.keys(KINDS) as PluginKind[];

export const KIND_LIST = WORDS.map((kind, i) => `  ${i + 1}  ${kind.padEnd(12)}${KINDS[kind].title}\n`).join('');

/** A kind by its place in the list, or by its word. */
export const kindAnswered = (answer: string): PluginKind | undefined =>
  WORDS.find((kind, i) => answer === kind || answer === `${i + 1}`);
