import { defineErrors } from '@counterweight/core';

/** `RANDOM` of `Symbol(@counterweight/core:RANDOM)`. */
const nameOf = ({ description = '' }: symbol): string => description.replace('@counterweight/core:', '');

/** The errors of the conformance kit. */
export const errors = defineErrors({
  'check-failed': {
    exit: 4,
    title: 'A plugin breaks a law of its kind.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'correct the plugin; a law that it breaks on purpose goes into `except`, with the reason',
  },
  'kit-lacks-dependency': {
    exit: 4,
    title: 'The plugin asks for something that the kit cannot give it.',
    found: ({ token }: { token: symbol; known: readonly symbol[] }) => nameOf(token),
    expected: ({ known }: { known: readonly symbol[] }) =>
      `what a plugin of this kind is given here: ${known.map(nameOf).join(', ')}`,
    remedy: () => 'give it one: `provide: [[TOKEN, value]]`',
  },
  'kit-lacks-kind': {
    exit: 4,
    title: 'The plugin creates something that these checks do not know.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () =>
      'call the function of the kind: a batch loss has batchLossConformance, a sampler mineConformance or drawConformance',
  },
});
