import type { Contract, Wrong } from '../plugin-contract.js';
import { given, halfStateful, isRecord, missing } from './members.js';

const LINKS = [undefined, 'exact', 'start', 'none'] as readonly unknown[];

export const lossContract: Contract = {
  expected: 'a loss',
  made: (made) => {
    const { kind, link } = made as { readonly kind?: unknown; readonly link?: unknown };
    if (kind === 'batch') return missing(made, ['compute']) ?? halfStateful(made);
    if (kind !== 'elementwise')
      return {
        found: given(made),
        expected: "a loss: { kind: 'elementwise', curves } or { kind: 'batch', compute }",
      };
    if (!LINKS.includes(link)) return { found: `link ${given(link)}`, expected: 'link exact, start or none' };
    return missing(made, ['curves'], ['entryWeights']);
  },
  results: { curves: notCurves },
  asynchronous: [],
};

function notCurves(result: unknown): Wrong | undefined {
  const expected = '{ positive, negative }, each an expression of the logit or { value, slope }';
  if (!isRecord(result)) return { found: given(result), expected };
  for (const side of ['positive', 'negative']) {
    const curve = result[side];
    const isCurve =
      isExpression(curve) || (isRecord(curve) && isExpression(curve['value']) && isExpression(curve['slope']));
    if (!isCurve) return { found: `${side} is ${given(curve)}`, expected };
  }
  return undefined;
}

const isExpression = (value: unknown): boolean => isRecord(value) && typeof value['softplus'] === 'function';
