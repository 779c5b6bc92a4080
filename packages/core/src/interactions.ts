/** What a strategy changes about training. A plugin declares its own; shared code never names a plugin. */
export type Effect =
  /** Positives count more than negatives, by a constant per class. */
  | 'positive-weight'
  /** Logits are shifted by the prior. */
  | 'prior-shift'
  /** Easy entries count less. */
  | 'focus'
  /** Only hard entries count. */
  | 'hard-entries'
  /** Some examples are drawn more often. */
  | 'example-frequency'
  /** Missing positives are expected among the negatives. */
  | 'missing-positives';

const INTERACTIONS: readonly { readonly pair: readonly [Effect, Effect]; readonly warning: string }[] = [
  {
    pair: ['positive-weight', 'prior-shift'],
    warning: 'both shift every logit by the class prior: they correct the same thing twice; drop one',
  },
  {
    pair: ['positive-weight', 'focus'],
    warning: 'both push towards the positives: a double focus; set weights: none, or use a smaller focus',
  },
  { pair: ['focus', 'hard-entries'], warning: 'both pick the hard entries: the easy ones are removed twice; drop one' },
  {
    pair: ['hard-entries', 'missing-positives'],
    warning: 'positives that the table lacks are the hardest negatives: mining trains on that noise',
  },
  {
    pair: ['positive-weight', 'example-frequency'],
    warning: 'rare classes gain from both: check the effect on the priors above before trusting the weights',
  },
];

/** Warnings on pairs of strategies that double-count (Byrd and Lipton 2019; Menon et al. 2021). */
export function interactions(
  strategies: readonly { readonly name: string; readonly effects: readonly Effect[] }[],
): readonly string[] {
  return INTERACTIONS.flatMap(({ pair: [first, second], warning }) => {
    const having = (effect: Effect) =>
      strategies.filter(({ effects }) => effects.includes(effect)).map(({ name }) => name);
    const [a, b] = [having(first), having(second)];
    return a.length === 0 || b.length === 0
      ? []
      : [`${a.join(', ')} (${first}) and ${b.join(', ')} (${second}): ${warning}`];
  });
}
