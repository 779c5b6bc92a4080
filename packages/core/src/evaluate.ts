import { node, type Expression, type Node, type Operations } from './expression.js';

/**
 * The values of several expressions in one walk: whatever two of them share, in structure, is computed once.
 * A result may be a scalar or [1, C] where nothing depends on the logit.
 */
export function evaluate<T>(expressions: readonly Expression[], operations: Operations<T>): T[] {
  const identities = new Map<Node, number>();
  const byStructure = new Map<string, number>();
  const tables = new Map<Float64Array, number>();
  const values: T[] = [];

  /** The identity of a node: the index of its value. */
  const visit = (of: Node): number => {
    const seen = identities.get(of);
    if (seen !== undefined) return seen;
    const identity = compute(of);
    identities.set(of, identity);
    return identity;
  };
  const once = (key: string, value: () => T): number => {
    const seen = byStructure.get(key);
    if (seen !== undefined) return seen;
    const identity = values.push(value()) - 1;
    byStructure.set(key, identity);
    return identity;
  };
  const compute = ({ shape }: Node): number => {
    switch (shape.op) {
      case 'logit':
        return once('logit', () => operations.logit());
      case 'number':
        return once(`number ${Object.is(shape.value, -0) ? '-0' : shape.value}`, () => operations.number(shape.value));
      case 'perClass': {
        const table = tables.get(shape.values) ?? tables.size;
        tables.set(shape.values, table);
        return once(`perClass ${table}`, () => operations.perClass(shape.values));
      }
      case 'constant':
        return visit(shape.a);
      case 'unary': {
        const a = visit(shape.a);
        return once(`${shape.name} ${a}`, () => operations.unary(shape.name, values[a] as T));
      }
      case 'power': {
        const a = visit(shape.a);
        return once(`power ${a} ${shape.k}`, () => operations.power(values[a] as T, shape.k));
      }
      case 'binary': {
        const [a, b] = [visit(shape.a), visit(shape.b)];
        return once(`${shape.name} ${a} ${b}`, () => operations.binary(shape.name, values[a] as T, values[b] as T));
      }
      case 'where': {
        const [condition, a, b] = [visit(shape.condition), visit(shape.a), visit(shape.b)];
        return once(`where ${condition} ${a} ${b}`, () =>
          operations.where(values[condition] as T, values[a] as T, values[b] as T),
        );
      }
    }
  };
  return expressions.map((expression) => values[visit(node(expression))] as T);
}
