import { Node, node, number, sigmoidPow, type Expression } from './expression.js';

/** The derivative by the logit, as an expression that keeps its digits in the tails. */
export function derivative(expression: Expression): Expression {
  return derive(node(expression), new Map());
}

function derive(of: Node, known: Map<Node, Node>): Node {
  const done = known.get(of);
  if (done) return done;
  const result = rule(of, (a) => derive(a, known));
  known.set(of, result);
  return result;
}

function rule(of: Node, d: (a: Node) => Node): Node {
  const { shape } = of;
  switch (shape.op) {
    case 'logit':
      return number(1);
    case 'number':
    case 'perClass':
    case 'constant':
      return number(0);
    case 'where':
      return shape.condition.where(d(shape.a), d(shape.b));
    case 'power': {
      // The base is replaced where it is 0: 0^(k−1) may be infinite, and the slope there is 0.
      const positive = shape.a.greater(0);
      const base = shape.k === 2 ? shape.a : positive.where(shape.a, 1).pow(shape.k - 1);
      const slope = d(shape.a).mul(base).mul(shape.k);
      return shape.k === 2 ? slope : positive.where(slope, 0);
    }
    case 'unary': {
      const { a, name } = shape;
      const inner = d(a);
      switch (name) {
        case 'neg':
          return inner.neg();
        case 'exp':
          return inner.mul(of);
        case 'log1p':
          return inner.div(a.add(1));
        case 'expm1':
          return inner.mul(a.exp());
        case 'softplus':
          return inner.mul(a.sigmoid());
        case 'sigmoid':
          return inner.mul(of).mul(a.neg().sigmoid());
        case 'tanh': // 1 − tanh² without cancellation: 4·σ(2a)·σ(−2a)
          return inner
            .mul(sigmoidPow(a.mul(2), 1))
            .mul(sigmoidPow(a.mul(-2), 1))
            .mul(4);
      }
      break;
    }
    case 'binary': {
      const { a, b, name } = shape;
      const [da, db] = [d(a), d(b)];
      switch (name) {
        case 'add':
          return da.add(db);
        case 'sub':
          return da.sub(db);
        case 'mul':
          return da.mul(b).add(a.mul(db));
        case 'div':
          return da.div(b).sub(of.mul(db.div(b))); // a·db may overflow where a/b does not
        case 'max':
          return a.greater(b).where(da, db);
        case 'min':
          return b.greater(a).where(da, db);
        case 'greater':
          return number(0);
      }
    }
  }
}
