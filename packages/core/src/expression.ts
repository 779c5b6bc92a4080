/**
 * A loss curve as a symbolic function of the logit: written once, evaluated on tensors and in float64, its slope derived
 * by `slope.ts`. Immutable; sharing is found again by `evaluate`.
 */
export interface Expression {
  add(b: Expression | number): Expression;
  sub(b: Expression | number): Expression;
  mul(b: Expression | number): Expression;
  div(b: Expression | number): Expression;
  neg(): Expression;
  exp(): Expression;
  /** ln(1 + x) */
  log1p(): Expression;
  /** eˣ − 1 */
  expm1(): Expression;
  tanh(): Expression;
  /** ln(1 + eˣ); `logit.neg().softplus()` is −ln p. */
  softplus(): Expression;
  sigmoid(): Expression;
  /** The slope where both are equal is `b`'s; so for `min`. */
  max(b: Expression | number): Expression;
  min(b: Expression | number): Expression;
  /** Base at least 0; the slope is 0 where the base is 0; k = 0 is 1. */
  pow(k: number): Expression;
  greater(b: Expression | number): Condition;
  /** The same value with slope 0: detached focus, masks. */
  constant(): Expression;
}

export interface Condition {
  where(a: Expression | number, b: Expression | number): Expression;
}

export type Unary = 'neg' | 'exp' | 'log1p' | 'expm1' | 'tanh' | 'softplus' | 'sigmoid';
export type Binary = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'greater';

/** What an evaluator supplies: vectors (link, plots, browser), tensors (trainer), JSON (a saved calibration). */
export interface Operations<T> {
  logit(): T;
  number(value: number): T;
  perClass(values: Float64Array): T;
  unary(name: Unary, a: T): T;
  power(a: T, k: number): T;
  binary(name: Binary, a: T, b: T): T;
  where(condition: T, a: T, b: T): T;
}

export type Shape =
  | { readonly op: 'logit' }
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'perClass'; readonly values: Float64Array }
  | { readonly op: 'unary'; readonly name: Unary; readonly a: Node }
  | { readonly op: 'power'; readonly a: Node; readonly k: number }
  | { readonly op: 'binary'; readonly name: Binary; readonly a: Node; readonly b: Node }
  | { readonly op: 'where'; readonly condition: Node; readonly a: Node; readonly b: Node }
  | { readonly op: 'constant'; readonly a: Node };

/** The one implementation of `Expression` and `Condition`. */
export class Node implements Expression, Condition {
  constructor(readonly shape: Shape) {}
  add(b: Expression | number): Node {
    return sum(this, node(b));
  }
  sub(b: Expression | number): Node {
    return difference(this, node(b));
  }
  mul(b: Expression | number): Node {
    return product(this, node(b));
  }
  div(b: Expression | number): Node {
    return quotient(this, node(b));
  }
  neg(): Node {
    return negative(this);
  }
  exp(): Node {
    return unary('exp', this);
  }
  log1p(): Node {
    return unary('log1p', this);
  }
  expm1(): Node {
    return unary('expm1', this);
  }
  tanh(): Node {
    return unary('tanh', this);
  }
  softplus(): Node {
    return unary('softplus', this);
  }
  sigmoid(): Node {
    return unary('sigmoid', this);
  }
  max(b: Expression | number): Node {
    return binary('max', this, node(b));
  }
  min(b: Expression | number): Node {
    return binary('min', this, node(b));
  }
  greater(b: Expression | number): Node {
    return binary('greater', this, node(b));
  }
  constant(): Node {
    return new Node({ op: 'constant', a: this });
  }
  pow(k: number): Node {
    return k === 0 ? number(1) : k === 1 ? this : new Node({ op: 'power', a: this, k });
  }
  where(a: Expression | number, b: Expression | number): Node {
    const [yes, no] = [node(a), node(b)];
    return isNumber(yes) && isNumber(no) && yes.shape.value === no.shape.value
      ? yes
      : new Node({ op: 'where', condition: this, a: yes, b: no });
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- every Expression is a Node, of this copy or another
export const node = (a: Expression | number): Node => (typeof a === 'number' ? number(a) : (a as Node));
export const number = (value: number): Node => new Node({ op: 'number', value });

/** The symbol that curves are functions of. */
export const LOGIT: Expression = new Node({ op: 'logit' });

/** One number per class: [1, C] on dense logits, gathered at listed entries. */
export const perClass = (values: Float64Array): Expression => new Node({ op: 'perClass', values });

/** σ(x)^a = exp(−a·softplus(−x)): keeps its digits in both tails, and its slope is finite for every a ≥ 0. */
export const sigmoidPow = (x: Expression, a: Expression | number): Expression =>
  a === 0 ? number(1) : x.neg().softplus().mul(a).neg().exp();

// Sums and products with constants are folded, so that derived slopes stay small.
type NumberNode = Node & { readonly shape: { readonly op: 'number'; readonly value: number } };
const isNumber = (a: Node, value?: number): a is NumberNode =>
  a.shape.op === 'number' && (value === undefined || a.shape.value === value);
const unary = (name: Unary, a: Node): Node => new Node({ op: 'unary', name, a });
const binary = (name: Binary, a: Node, b: Node): Node => new Node({ op: 'binary', name, a, b });

function sum(a: Node, b: Node): Node {
  if (isNumber(a) && isNumber(b)) return number(a.shape.value + b.shape.value);
  if (isNumber(a, 0)) return b;
  return isNumber(b, 0) ? a : binary('add', a, b);
}

function difference(a: Node, b: Node): Node {
  if (isNumber(a) && isNumber(b)) return number(a.shape.value - b.shape.value);
  if (isNumber(b, 0)) return a;
  return isNumber(a, 0) ? negative(b) : binary('sub', a, b);
}

function product(a: Node, b: Node): Node {
  if (isNumber(a) && isNumber(b)) return number(a.shape.value * b.shape.value);
  if (isNumber(a, 0) || isNumber(b, 1)) return a;
  if (isNumber(b, 0) || isNumber(a, 1)) return b;
  if (isNumber(a, -1)) return negative(b);
  return isNumber(b, -1) ? negative(a) : binary('mul', a, b);
}

function quotient(a: Node, b: Node): Node {
  if (isNumber(a) && isNumber(b)) return number(a.shape.value / b.shape.value);
  return isNumber(a, 0) || isNumber(b, 1) ? a : binary('div', a, b);
}

function negative(a: Node): Node {
  if (isNumber(a)) return number(-a.shape.value);
  return a.shape.op === 'unary' && a.shape.name === 'neg' ? a.shape.a : unary('neg', a);
}
