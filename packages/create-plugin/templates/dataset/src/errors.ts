import { defineErrors } from '@counterweight/core';

/** Errors are data, with permanent codes: the command prints them with file and line, and exits with `exit` (3: data). */
export const errors = defineErrors({
  'my-plugin-line': {
    exit: 3,
    title: 'A line of the table is not an example.',
    found: ({ found }: { found: string }) => found,
    expected: () =>
      '{"id": "a", "features": [1, 2], "labels": ["cat"], "split": "train"}, as many features in every line',
    remedy: () => 'correct that line',
  },
});
