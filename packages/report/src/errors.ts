import { defineErrors } from '@counterweight/core';

/** The errors of the report. */
export const errors = defineErrors({
  'run-file-missing': {
    exit: 2,
    title: 'A run folder lacks a file.',
    found: ({ folder, file, end }: { folder: string; file: string; end?: string; resumable?: boolean }) =>
      `no ${file} in ${folder}${end === undefined ? '' : ` (the run ended: ${end})`}`,
    expected: () => 'the folder of a run that was completed',
    remedy: ({ folder, end, resumable = false }: { folder: string; end?: string; resumable?: boolean }) => {
      if (resumable) return `counterweight run --resume ${folder}`;
      return end === undefined
        ? 'give the folder that a run printed, or run the manifest again'
        : 'run the manifest again';
    },
  },
  'run-file-invalid': {
    exit: 3,
    title: 'A file of a run folder is not what a run writes.',
    found: ({ problem }: { problem: string; expected: string }) => problem,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'run the manifest again; a run folder is not made to be edited',
  },
  'no-runs': {
    exit: 2,
    title: 'There is nothing to compare.',
    found: () => 'no run folder',
    expected: () => 'at least one',
    remedy: () => 'counterweight compare runs/ONE runs/OTHER --out page.html',
  },
  'run-name-twice': {
    exit: 2,
    title: 'Two runs have one name.',
    found: ({ name }: { name: string }) => `"${name}" twice`,
    expected: () => 'a name of its own for every run and every baseline',
    remedy: () => 'rename one of the folders',
  },
});
