import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isCounterweightError } from '@counterweight/core';
import Ajv from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';

import { counterweight } from './fixtures/command.js';
import { BUILT_CORE, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { ManifestError } from './manifest-error.js';
import { manifestJsonSchema } from './manifest-json-schema.js';
import { writeSchemaFile } from './schema-file.js';

/** What only code checks; a schema may let it pass. */
const NOT_SHAPE = ['missing-file', 'invalid-value'];

/** Whether `loadManifest` takes a value, refuses it for its shape, or for what only code checks. */
async function loaded(value: unknown, folder: string): Promise<'taken' | 'wrong shape' | 'refused by code'> {
  writeFileSync(`${folder}/manifest.yaml`, stringify(value));
  try {
    await loadManifest('manifest.yaml', { workingFolder: folder });
    return 'taken';
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return error.problems.every(({ code }) => NOT_SHAPE.includes(code)) ? 'refused by code' : 'wrong shape';
  }
}

async function schemaFor(folder: string) {
  const { schema } = await manifestJsonSchema({ folder, workingFolder: folder });
  const validate = new Ajv({ allErrors: true }).compile(schema);
  return (value: unknown): boolean => validate(value) as boolean;
}

async function agree(value: unknown, folder: string, accepts: (value: unknown) => boolean): Promise<string> {
  const verdict = await loaded(value, folder);
  if (verdict === 'taken') expect(accepts(value)).toBe(true);
  if (verdict === 'wrong shape') expect(accepts(value)).toBe(false);
  return verdict;
}

const GOOD = {
  version: 1,
  seed: 3,
  data: { use: '@counterweight/data-synthetic', examples: 100 },
  model: { use: '@counterweight/cnn', widths: [8, 16] },
  loss: {
    use: '@counterweight/loss-focal',
    gamma: 2,
    weights: { positive: { rule: 'power', exponent: 0.5 }, class: 2 },
  },
  samplers: [
    { use: '@counterweight/sampler-ohem', scope: 'batch' },
    { use: '@counterweight/sampler-oversample', rule: 'classPower', exponent: 0.5 },
  ],
  training: { epochs: 2, clipNorm: null, optimizer: { name: 'sgd', momentum: 0.5 }, ema: { decay: 0.9 } },
  evaluation: {
    metrics: ['f1', { name: 'precisionAtK', k: 3 }, { use: '@counterweight/metrics#rocAuc' }],
    validationExamples: 'all',
    groups: { head: 50 },
  },
};

describe('a schema of manifests', { timeout: 60_000 }, () => {
  test.each([
    ['the shortest', { data: GOOD.data, model: GOOD.model, loss: { use: '@counterweight/loss-weighted-bce' } }, true],
    ['a full one', GOOD, true],
    ['an optimiser without a name', { ...GOOD, training: { optimizer: { beta1: 0.8 } } }, true],
    ['an option of another optimiser', { ...GOOD, training: { optimizer: { momentum: 0.8 } } }, false],
    ['an optimiser by name and use', { ...GOOD, training: { optimizer: { name: 'sgd', use: 'x' } } }, false],
    ['an option of another loss', { ...GOOD, loss: { use: '@counterweight/loss-weighted-bce', gamma: 2 } }, false],
    ['weights on a sampler', { ...GOOD, samplers: [{ use: '@counterweight/sampler-ohem', weights: 'none' }] }, false],
    ['a plugin of another kind', { ...GOOD, loss: { use: '@counterweight/sampler-ohem' } }, false],
    ['one of several', { ...GOOD, model: { use: '@counterweight/cnn#mlp', hidden: [8] } }, true],
    ['an option of its sister', { ...GOOD, model: { use: '@counterweight/cnn#mlp', widths: [8] } }, false],
    ['a metric without a name', { ...GOOD, evaluation: { metrics: [{ k: 3 }] } }, false],
    ['a metric with an option', { ...GOOD, evaluation: { metrics: [{ name: 'precisionAtK', k: 0 }] } }, false],
    ['a rule of weights', { ...GOOD, loss: { ...GOOD.loss, weights: { positive: { rule: 'ratoi' } } } }, false],
    ['no loss', { data: GOOD.data, model: GOOD.model }, false],
    ['a callback that is not installed', { ...GOOD, callbacks: [{ use: 'plot' }] }, false],
  ])('%s', async (_, manifest, accepted) => {
    const { folder } = project();
    const accepts = await schemaFor(folder);
    expect(accepts(manifest)).toBe(accepted);
    expect(await agree(manifest, folder, accepts)).toBe(accepted ? 'taken' : 'wrong shape');
  });

  test('it is valid draft 7, and says what an option is', async () => {
    const { schema, leftOut } = await manifestJsonSchema();
    expect(new Ajv().validateSchema(schema)).toBe(true);
    expect(leftOut).toEqual([]);
    expect(JSON.stringify(schema)).toContain('Focusing exponent γ.');
  });

  test('it takes the manifests of the examples', async () => {
    const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
    const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      const folder = dirname(join(examples, file));
      const accepts = await schemaFor(folder);
      expect(accepts(parse(readFileSync(join(examples, file), 'utf8'))), file).toBe(true);
    }
  });

  test('it takes what loadManifest takes, and refuses what that refuses for its shape, whatever is changed in a manifest', async () => {
    const { folder } = project();
    const accepts = await schemaFor(folder);
    const verdicts = new Set<string>();
    await fc.assert(
      fc.asyncProperty(changedManifest, async (manifest) => {
        verdicts.add(await agree(manifest, folder, accepts));
      }),
      { numRuns: 250 },
    );
    expect([...verdicts].sort()).toEqual(expect.arrayContaining(['taken', 'wrong shape']));
  });

  test('so it does with options that others think of', async () => {
    const specs = fc.sample(optionsSpec, { numRuns: 60, seed: 7 });
    const { folder, write } = project();
    write('node_modules/made/package.json', packageJson('made'));
    write(
      'node_modules/made/i.js',
      `import { definePlugin, z } from '${BUILT_CORE}';
       const create = () => ({ kind: 'elementwise', curves: (z) => ({ positive: z, negative: z }) });
       const plugin = (name, options) => definePlugin({ kind: 'loss', name, options, create });
       export default [${specs.map(({ code }, i) => `plugin('p${i}', ${code})`).join(',\n')}];`,
    );
    const accepts = await schemaFor(folder);
    const entry = fc
      .nat(specs.length - 1)
      .chain((i) =>
        fc
          .oneof({ arbitrary: specs[i]!.value, weight: 3 }, { arbitrary: changed(specs[i]!.value), weight: 2 })
          .map((options) => ({ ...(options as object), use: `made#p${i}` })),
      );
    const counts = { taken: 0, 'wrong shape': 0, 'refused by code': 0 };
    await fc.assert(
      fc.asyncProperty(entry, async (loss) => {
        counts[(await agree({ ...GOOD, loss }, folder, accepts)) as keyof typeof counts]++;
      }),
      { numRuns: 250 },
    );
    expect(Math.min(counts.taken, counts['wrong shape'])).toBeGreaterThan(20);
  });

  test('options that refer to themselves, that have an id, or that code changes first', async () => {
    const { folder, write } = project();
    write('node_modules/made/package.json', packageJson('made'));
    write(
      'node_modules/made/i.js',
      `import { definePlugin, z } from '${BUILT_CORE}';
       const create = () => ({ kind: 'elementwise', curves: (z) => ({ positive: z, negative: z }) });
       const tree = z.strictObject({ size: z.int(), get inside() { return tree.optional(); } });
       const letters = z.enum(['a', 'b']).meta({ id: 'letters' });
       const changed = z.strictObject({ n: z.coerce.number().min(2).optional(), l: z.preprocess((x) => [x].flat(), z.array(letters)) });
       export default ['tree', 'named', 'changed'].map((name, i) => definePlugin({
         kind: 'loss', name, create, options: [tree, z.strictObject({ oneOf: letters }).meta({ id: 'named' }), changed][i] }));`,
    );
    const accepts = await schemaFor(folder);
    for (const [loss, verdict] of [
      [{ use: 'made#tree', size: 1, inside: { size: 2, inside: { size: 3 } } }, 'taken'],
      [{ use: 'made#tree', size: 1, weights: 'none' }, 'taken'],
      [{ use: 'made#tree', size: 1, inside: { size: 2, use: 'x' } }, 'wrong shape'],
      [{ use: 'made#tree', size: 1, inside: { size: 'x' } }, 'wrong shape'],
      [{ use: 'made#named', oneOf: 'a' }, 'taken'],
      [{ use: 'made#named', oneOf: 'c' }, 'wrong shape'],
      [{ use: 'made#changed', n: '3', l: 'a' }, 'taken'],
      [{ use: 'made#changed', l: ['a', 'b'] }, 'taken'],
    ] as const)
      expect(await agree({ ...GOOD, loss }, folder, accepts), JSON.stringify(loss)).toBe(verdict);
  });

  test('a package that cannot be used is left out, and named', async () => {
    const { folder, write } = project();
    write('node_modules/broken/package.json', packageJson('broken'));
    write('node_modules/broken/i.js', "throw new Error('no luck');");
    const { schema, leftOut } = await manifestJsonSchema({ folder, workingFolder: folder });
    expect(leftOut).toMatchObject([{ name: 'broken', problem: { code: 'plugin-throws' } }]);
    expect(JSON.stringify(schema)).not.toContain('broken');
  });

  test('the command writes it and tells the line that binds a manifest to it', async () => {
    const { folder, path } = project();
    const { code, out } = await counterweight(folder, ['schema', '--out', 'manifest.schema.json']);
    expect([code, out]).toEqual([0, '# yaml-language-server: $schema=./manifest.schema.json\n']);
    const written = JSON.parse(readFileSync(path('manifest.schema.json'), 'utf8')) as object;
    expect(written).toEqual((await manifestJsonSchema({ folder, workingFolder: folder })).schema);
  });

  test('its file is written again, another is not', async () => {
    const { path, write } = project({ 'other.json': '{}' });
    const { schema } = await manifestJsonSchema();
    for (let i = 0; i < 2; i++) writeSchemaFile(path('schema.json'), schema);
    expect(() => {
      writeSchemaFile(path('other.json'), schema);
    }).toThrow(expect.toSatisfy((error) => isCounterweightError(error) && error.code === 'out-unwritable'));
    write('folder/file', '');
    expect(() => {
      writeSchemaFile(path('folder'), schema);
    }).toThrow('another file stands there');
  });
});

const packageJson = (name: string): string =>
  JSON.stringify({ name, version: '1.2.3', type: 'module', exports: './i.js', keywords: ['counterweight-loss'] });

/** JSON values as YAML keeps them: no -0, plain text. */
const text = fc.string({ unit: 'grapheme-ascii', maxLength: 4 });
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    0,
    1,
    -1,
    0.5,
    1e9,
    '',
    'none',
    'adam',
    'f1',
    [],
    {},
    [[]],
    { use: 'x' },
    { name: 'adam' },
  ),
  text,
  fc.integer({ min: -5, max: 100 }),
);

/** A value with one part replaced, removed, or put under another key. */
function changed(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(values, fc.nat(), fc.constantFrom('replace', 'remove', 'rename', 'add'), oddValue, text)
    .map(([value, place, how, odd, key]) => {
      const copy = structuredClone(value);
      const holders: (readonly [Record<string, unknown>, string])[] = [];
      const walk = (node: unknown): void => {
        if (typeof node !== 'object' || node === null) return;
        for (const [name, child] of Object.entries(node)) {
          holders.push([node as Record<string, unknown>, name]);
          walk(child);
        }
      };
      walk(copy);
      if (holders.length === 0) return { [key]: odd };
      const [holder, name] = holders[place % holders.length]!;
      const old = holder[name];
      if (how === 'replace' || Array.isArray(holder)) holder[name] = odd;
      else {
        if (how !== 'add') Reflect.deleteProperty(holder, name);
        if (how === 'rename') holder[key] = old;
        if (how === 'add') holder[key] = odd;
      }
      return copy;
    });
}
const changedManifest = changed(fc.oneof(fc.constant(GOOD), changed(fc.constant(GOOD))));

/** A zod schema as an author writes it, and values that it takes. */
interface Spec {
  readonly code: string;
  readonly value: fc.Arbitrary<unknown>;
}

const number: fc.Arbitrary<Spec> = fc
  .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 9 }), fc.boolean(), fc.boolean())
  .map(([low, span, isInt, isOpen]) => ({
    code: `${isInt ? 'z.int()' : 'z.number()'}.${isOpen ? 'gt' : 'min'}(${low}).max(${low + span})`,
    value: fc.integer({ min: low + 1, max: low + span }),
  }));
const simple: fc.Arbitrary<Spec> = fc.oneof(
  number,
  fc.constant({ code: 'z.boolean()', value: fc.boolean() }),
  fc.constant({ code: 'z.string().min(1)', value: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 5 }) }),
  fc.constant({ code: "z.enum(['mean', 'sum'])", value: fc.constantFrom('mean', 'sum') }),
  fc.constant({ code: "z.literal(['none', 1])", value: fc.constantFrom('none', 1) }),
);
const { options: optionsSpec } = fc.letrec<{ spec: Spec; options: Spec }>((tie) => ({
  spec: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    simple,
    tie('spec').map(({ code, value }) => ({ code: `${code}.nullable()`, value: fc.option(value) })),
    fc.tuple(tie('spec'), fc.nat(2)).map(([{ code, value }, min]) => ({
      code: `z.array(${code}).min(${min}).max(3)`,
      value: fc.array(value, { minLength: min, maxLength: 3 }),
    })),
    fc.tuple(tie('spec'), tie('spec')).map(([a, b]) => ({
      code: `z.union([${a.code}, ${b.code}])`,
      value: fc.oneof(a.value, b.value),
    })),
    tie('spec').map(({ code, value }) => ({
      code: `z.record(z.string(), ${code})`,
      value: fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 2 }),
    })),
    tie('options'),
  ),
  options: fc
    .array(fc.tuple(tie('spec'), fc.constantFrom('', '.optional()', '?')), { minLength: 1, maxLength: 4 })
    .map((members) => ({
      code: `z.strictObject({ ${members.map(([{ code }, how], i) => `k${i}: ${code}${how === '?' ? '.optional().describe("an option")' : how}`).join(', ')} })`,
      value: fc.record(Object.fromEntries(members.map(([{ value }], i) => [`k${i}`, value])), {
        requiredKeys: members.flatMap(([, how], i) => (how === '' ? [`k${i}`] : [])),
      }),
    })),
}));
