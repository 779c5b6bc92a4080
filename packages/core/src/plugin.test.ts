import { expect, test } from 'vitest';

import {
  CONTRACT,
  createContainer,
  defineErrors,
  definePlugin,
  inject,
  injectable,
  interactions,
  isCounterweightError,
  LABEL_STATISTICS,
  LOGGER,
  z,
  type Expression,
  type Logger,
} from './index.js';

@injectable()
class Service {
  disposed = false;
  constructor(@inject(LOGGER) readonly logger: Logger) {}
  dispose(): void {
    this.disposed = true;
  }
}

test('a container builds a class from explicit tokens and disposes it', async () => {
  const container = createContainer();
  const logger: Logger = { info: () => undefined, warn: () => undefined };
  container.register(LOGGER, { useValue: logger });
  const service = container.resolve(Service);
  expect(service.logger).toBe(logger);
  await container.dispose();
  expect(service.disposed).toBe(true);
  expect(createContainer().isRegistered(LOGGER, true)).toBe(false);
});

test('a plugin is a value with the contract’s number', () => {
  const curves = (logit: Expression) => ({ positive: logit.neg().softplus(), negative: logit.softplus() });
  const plugin = definePlugin({
    kind: 'loss',
    name: 'tilted',
    options: z.strictObject({ tau: z.number().default(1) }),
    inject: [LABEL_STATISTICS],
    create: ({ tau }, statistics) => ({
      kind: 'elementwise',
      curves: (logit) => curves(logit.add(tau * statistics.labelsPerExample)),
    }),
  });
  expect(plugin.contract).toBe(CONTRACT);
  expect(plugin.inject).toEqual([LABEL_STATISTICS]);
  expect(
    definePlugin({
      kind: 'loss',
      name: 'x',
      options: z.strictObject({}),
      create: () => ({ kind: 'elementwise', curves }),
    }).inject,
  ).toEqual([]);
  expect(z.toJSONSchema(plugin.options, { target: 'draft-7', io: 'input' })).toMatchObject({
    properties: { tau: { default: 1, type: 'number' } },
    additionalProperties: false,
  });
});

test('mistakes do not compile', () => {
  const curves = (logit: Expression) => ({ positive: logit, negative: logit });
  const options = z.strictObject({ gamma: z.number() });
  const loss = { kind: 'elementwise', curves } as const;
  const dependent = (_: object, labels: string) => ({ ...loss, labels });
  // @ts-expect-error a wrong type of a dependency
  definePlugin({ kind: 'loss', name: 'x', options, inject: [LABEL_STATISTICS], create: dependent });
  const sampler = () => ({ kind: 'draw' as const, draw: (pool: Int32Array) => pool });
  // @ts-expect-error a sampler is no loss
  definePlugin({ kind: 'loss', name: 'x', options, create: sampler });
  const misspelt = ({ gama }: { gama: number }) => ({ ...loss, gama });
  // @ts-expect-error a misspelt option
  definePlugin({ kind: 'loss', name: 'x', options, create: misspelt });
  expect(options.safeParse({ gama: 1 }).success).toBe(false);
});

test('an error says where, what, and what to do, and is known across copies', () => {
  const errors = defineErrors({
    'no-tea': {
      exit: 3,
      title: 'There is no tea.',
      found: ({ cups }: { cups: number }) => `${cups} cups`,
      remedy: () => 'boil water',
    },
  });
  const error = errors['no-tea']({ cups: 0 }, { place: { file: 'a.yaml', line: 3, column: 7 } });
  expect(error.message).toBe('no-tea  a.yaml:3:7\n  There is no tea.\n  found    0 cups\n  try      boil water');
  expect(error.exit).toBe(3);
  expect(isCounterweightError(error)).toBe(true);
  expect(isCounterweightError(new Error('no-tea'))).toBe(false);
  expect(error.at({ file: 'b' }).message).toContain('no-tea  b\n');
});

test('pairs that double-count are found by what plugins declare', () => {
  const warnings = interactions([
    { name: 'focal', effects: ['focus'] },
    { name: 'weights of focal', effects: ['positive-weight'] },
    { name: 'ohem', effects: ['hard-entries'] },
  ]);
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain('weights of focal (positive-weight) and focal (focus)');
  expect(interactions([{ name: 'focal', effects: ['focus'] }])).toEqual([]);
});
