import fc from 'fast-check';
import { expect, test } from 'vitest';

import { evaluateCurves, vectorOperations } from './curves.js';
import { evaluate } from './evaluate.js';
import { LOGIT, perClass, sigmoidPow, type Expression, type Operations } from './expression.js';
import { derivative } from './slope.js';

const at = (expression: Expression, z: number): number => {
  const [result] = evaluate([expression], vectorOperations(Float64Array.of(z), [0]));
  return typeof result === 'number' ? result : result![0]!;
};

/** Every operation once, smooth at every logit. */
const smooth: Record<string, Expression> = {
  add: LOGIT.add(LOGIT.tanh()),
  sub: LOGIT.sub(LOGIT.sigmoid()),
  mul: LOGIT.sigmoid().mul(LOGIT.softplus()),
  div: LOGIT.div(LOGIT.softplus().add(1)),
  neg: LOGIT.neg().softplus(),
  exp: LOGIT.mul(0.5).exp(),
  log1p: LOGIT.sigmoid().log1p(),
  expm1: LOGIT.mul(0.3).expm1(),
  tanh: LOGIT.mul(0.7).tanh(),
  power: LOGIT.softplus().pow(2.5),
  square: LOGIT.sub(0.5).pow(2),
  sigmoidPow: sigmoidPow(LOGIT, 1.7),
  perClass: LOGIT.mul(perClass(Float64Array.of(3))).sigmoid(),
};

test.each(Object.entries(smooth))('the derived slope of %s is the central difference', (_, expression) => {
  fc.assert(
    fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (z) => {
      const h = 1e-5;
      const difference = (at(expression, z + h) - at(expression, z - h)) / (2 * h);
      expect(Math.abs(at(derivative(expression), z) - difference)).toBeLessThan(1e-7 * (1 + Math.abs(difference)));
    }),
  );
});

test('slopes at kinks are those that are documented', () => {
  expect(at(derivative(LOGIT.max(0)), 0)).toBe(0);
  expect(at(derivative(LOGIT.max(0)), 1)).toBe(1);
  expect(at(derivative(LOGIT.min(0)), 0)).toBe(0);
  expect(at(derivative(LOGIT.max(0).pow(0.5)), 0)).toBe(0);
  expect(at(derivative(LOGIT.max(0).pow(1.5)), 0)).toBe(0);
  expect(at(LOGIT.pow(0), 0)).toBe(1);
});

test('a constant keeps its value and has slope 0; a condition has none', () => {
  expect(at(LOGIT.sigmoid().constant(), 0)).toBe(0.5);
  expect(at(derivative(LOGIT.sigmoid().constant().mul(LOGIT)), 2)).toBeCloseTo(at(LOGIT.sigmoid(), 2), 15);
  const flipped = LOGIT.greater(1).where(LOGIT.mul(2), LOGIT.mul(5));
  expect(at(derivative(flipped), 3)).toBe(2);
  expect(at(derivative(flipped), 1)).toBe(5);
});

test('tails keep their digits: value and slope of −ln q at −80 are e⁻⁸⁰', () => {
  const tail = Math.exp(-80);
  const { negative, negativeSlope } = evaluateCurves(
    { positive: LOGIT, negative: LOGIT.softplus() },
    Float64Array.of(-80),
  );
  expect(negative[0]! / tail).toBeCloseTo(1, 12);
  expect(negativeSlope[0]! / tail).toBeCloseTo(1, 12);
  const slope = at(derivative(LOGIT.tanh()), 25);
  expect(slope / (4 * Math.exp(-50))).toBeCloseTo(1, 12);
});

test('what two expressions share in structure is computed once', () => {
  const calls: string[] = [];
  const counting: Operations<string> = {
    logit: () => 'z',
    number: (value) => `${value}`,
    perClass: () => 'c',
    unary: (name, a) => (calls.push(name), `${name}(${a})`),
    power: (a, k) => (calls.push('power'), `${a}^${k}`),
    binary: (name, a, b) => (calls.push(name), `${name}(${a},${b})`),
    where: (c, a, b) => (calls.push('where'), `${c}?${a}:${b}`),
  };
  const focal = sigmoidPow(LOGIT, 2).mul(LOGIT.softplus());
  evaluate([focal, derivative(focal)], counting);
  expect(calls.filter((name) => name === 'softplus')).toHaveLength(2);
  expect(calls.filter((name) => name === 'exp')).toHaveLength(1);
  expect(calls.filter((name) => name === 'sigmoid')).toHaveLength(2);
});

test('what differs in an exponent, a table, a branch or the order of its parts is not shared', () => {
  const z = LOGIT;
  const [a, b] = [perClass(Float64Array.of(2)), perClass(Float64Array.of(3))];
  const expressions = [
    ...[z.pow(2), z.pow(3), z.mul(a), z.mul(b), z.sub(a), a.sub(z)],
    ...[z.greater(1).where(2, 3), z.greater(1).where(3, 2), z.greater(4).where(2, 3)],
  ];
  const values = evaluate(expressions, vectorOperations(Float64Array.of(2), [0]));
  expect(values.map((value) => (typeof value === 'number' ? value : value[0]))).toEqual([
    ...[4, 8, 4, 6, 0, 0],
    ...[2, 3, 3],
  ]);
});

test('constants fold: γ = 0 leaves BCE', () => {
  const { positive } = evaluateCurves(
    { positive: sigmoidPow(LOGIT.neg(), 0).mul(LOGIT.neg().softplus()), negative: LOGIT.softplus() },
    Float64Array.of(0.3),
  );
  expect(positive[0]).toBe(Math.log1p(Math.exp(-0.3)));
});
