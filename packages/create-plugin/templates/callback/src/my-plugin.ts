import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z, type Callback, type EpochEvent } from '@counterweight/core';

export const options = z.strictObject({
  file: z
    .string()
    .regex(/^[\w.-]+\.csv$/)
    .default('epochs.csv')
    .describe('Name of the file, in the folder callbacks/my-plugin of the run.'),
});
export type MyPluginOptions = z.output<typeof options>;

/**
 * Writes a line of CSV after every epoch: its losses and metrics, ready for a spreadsheet. A run that was stopped and goes on does
 * some epochs again; their lines are replaced, so that the file is that of a run that never stopped.
 * @param folder the callback's own in the run's folder; it may not exist yet
 */
export const myPlugin = ({ file }: MyPluginOptions, folder: string): Callback => ({
  epochEnd: async (event) => {
    const path = join(folder, file);
    const before = (await textOf(path)).split('\n').slice(1); // without the header
    const lines = before.filter((line) => line !== '' && Number.parseInt(line, 10) < event.epoch);
    await mkdir(folder, { recursive: true });
    // The whole file under another name, then renamed: whoever reads it never sees half of it.
    await writeFile(`${path}.partial`, `${[header(event), ...lines, row(event)].join('\n')}\n`);
    await rename(`${path}.partial`, path);
  },
});

const header = ({ metrics }: EpochEvent): string =>
  ['epoch', 'step', 'loss', 'learningRate', 'seconds', ...Object.keys(metrics)].map(cell).join(',');

/** A metric that is undefined is an empty cell. */
const row = ({ epoch, step, loss, learningRate, seconds, metrics }: EpochEvent): string =>
  [epoch, step, loss, learningRate, seconds, ...Object.values(metrics)]
    .map((value) => cell(String(value ?? '')))
    .join(',');

/** RFC 4180. */
const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const textOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
