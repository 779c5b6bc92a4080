import { mkdirSync, readdirSync } from 'node:fs';

import { errors as coreErrors, type CounterweightError } from '@counterweight/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';

import { project } from './fixtures/project.js';
import { errors } from './errors.js';
import { loadManifest } from './manifest.js';
import { ManifestError } from './manifest-error.js';

const GOOD = `data: { use: '@counterweight/data-images', images: ./images, labels: ./labels.csv }
model: { use: '@counterweight/cnn' }
loss: { use: '@counterweight/loss-focal', gamma: 2, weights: none }
samplers:
  - { use: '@counterweight/sampler-ohem', scope: batch }
training: { epochs: 2, optimizer: { name: adamw } }
evaluation: { metrics: [averagePrecision], threshold: 0.5 }
`;
const LINES = GOOD.split('\n');

/** The good manifest with one line replaced. */
const withLine = (number: number, line: string): string =>
  LINES.map((old, i) => (i === number - 1 ? line : old)).join('\n');

function folder(manifest: string | Uint8Array, plugins: Readonly<Record<string, string>> = {}) {
  const made = project({ 'manifest.yaml': manifest, 'labels.csv': 'image,labels\n' });
  mkdirSync(made.path('images'));
  for (const [name, code] of Object.entries(plugins)) {
    made.write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.2.3', type: 'module', exports: './i.js' }),
    );
    made.write(`node_modules/${name}/i.js`, code);
  }
  return made;
}

async function failure(
  manifest: string | Uint8Array,
  set: readonly string[] = [],
  plugins = {},
): Promise<ManifestError> {
  const { folder: workingFolder } = folder(manifest, plugins);
  const before = readdirSync(workingFolder);
  const error: unknown = await loadManifest('manifest.yaml', { set, workingFolder }).then(
    () => 'it was accepted',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ManifestError);
  expect(readdirSync(workingFolder)).toEqual(before);
  return error as ManifestError;
}

describe('a manifest that is wrong in one way is refused with code, place and remedy', () => {
  const cases: readonly (readonly [
    name: string,
    manifest: string | Uint8Array,
    code: string,
    place: string,
    remedy: string,
  ])[] = [
    ['unknown key at the top', `${GOOD}sede: 3\n`, 'unknown-key', '8:1', 'seed'],
    [
      'unknown option of a plugin',
      withLine(3, "loss: { use: '@counterweight/loss-focal', gama: 2 }"),
      'unknown-key',
      '3:43',
      'gamma',
    ],
    ['unknown key that belongs elsewhere', withLine(6, 'learningRate: 0.1'), 'unknown-key', '6:1', 'remove it'],
    [
      'unknown option of an optimiser',
      withLine(6, 'training: { optimizer: { name: sgd, momentun: 0.9 } }'),
      'unknown-key',
      '6:37',
      'momentum',
    ],
    ['wrong type', withLine(6, "training: { epochs: '16' }"), 'wrong-type', '6:21', '16 without quotes'],
    ['a list for a mapping', withLine(2, 'model: []'), 'wrong-type', '2:8', ''],
    ['a fraction for a whole number', withLine(6, 'training: { epochs: 1.5 }'), 'wrong-type', '6:21', ''],
    ['out of range', withLine(7, 'evaluation: { threshold: 2 }'), 'out-of-range', '7:26', '1'],
    [
      'out of range in a plugin',
      withLine(3, "loss: { use: '@counterweight/loss-focal', gamma: -1 }"),
      'out-of-range',
      '3:50',
      '0',
    ],
    ['not a number', withLine(3, "loss: { use: '@counterweight/loss-focal', gamma: .nan }"), 'wrong-type', '3:50', ''],
    ['infinite', withLine(3, "loss: { use: '@counterweight/loss-focal', gamma: .inf }"), 'wrong-type', '3:50', ''],
    ['wrong choice', withLine(6, 'training: { reduction: meen }'), 'unknown-choice', '6:24', 'mean'],
    [
      'unknown metric',
      withLine(7, 'evaluation: { metrics: [averagePrecison] }'),
      'unknown-choice',
      '7:25',
      'averagePrecision',
    ],
    [
      'an optimiser’s package without a name',
      withLine(6, 'training: { optimizer: { use: } }'),
      'wrong-type',
      '6:31',
      'write that, or leave it out where it has a default',
    ],
    [
      'a metric’s package that is a number',
      withLine(7, 'evaluation: { metrics: [{ use: 3 }] }'),
      'wrong-type',
      '7:32',
      'write that, or leave it out where it has a default',
    ],
    ['unknown optimiser', withLine(6, 'training: { optimizer: { name: adm } }'), 'unknown-choice', '6:32', 'adam'],
    [
      'wrong weights rule',
      withLine(3, "loss: { use: '@counterweight/loss-focal', weights: { positive: { rule: ratoi } } }"),
      'unknown-choice',
      '3:72',
      'ratio',
    ],
    [
      'weights that are no choice',
      withLine(3, "loss: { use: '@counterweight/loss-focal', weights: nome }"),
      'unknown-choice',
      '3:52',
      'none',
    ],
    [
      'misspelt plugin',
      withLine(3, "loss: { use: '@counterweight/loss-focall' }"),
      'unknown-plugin',
      '3:14',
      "use: '@counterweight/loss-focal'",
    ],
    [
      'plugin that is not installed',
      withLine(3, 'loss: { use: nothing-of-the-kind }'),
      'unknown-plugin',
      '3:14',
      'npm install nothing-of-the-kind',
    ],
    [
      'plugin of another kind',
      withLine(5, "  - { use: '@counterweight/loss-focal' }"),
      'plugin-kind',
      '5:12',
      'a loss stands in the section loss',
    ],
    [
      'a path as plugin',
      withLine(2, 'model: { use: ./cnn.js }'),
      'plugin-not-a-name',
      '2:15',
      "use: '@counterweight/cnn'",
    ],
    [
      'an absolute path as plugin',
      withLine(2, 'model: { use: /tmp/x.js }'),
      'plugin-not-a-name',
      '2:15',
      'npm install FOLDER, then the name in its package.json',
    ],
    [
      'a URL as plugin',
      withLine(3, 'loss: { use: https://example.org/focal.mjs }'),
      'plugin-not-a-name',
      '3:14',
      "use: '@counterweight/loss-focal'",
    ],
    [
      'a data URL as plugin',
      withLine(3, 'loss: { use: "data:text/javascript,1" }'),
      'plugin-not-a-name',
      '3:14',
      'npm install FOLDER, then the name in its package.json',
    ],
    [
      'a module of Node as plugin',
      withLine(3, 'loss: { use: fs }'),
      'unknown-plugin',
      '3:14',
      'counterweight plugins, for what is installed',
    ],
    ['a package that is no plugin', withLine(3, "loss: { use: '@counterweight/core' }"), 'plugin-invalid', '3:14', ''],
    [
      'missing folder',
      withLine(1, "data: { use: '@counterweight/data-images', images: ./imagess, labels: ./labels.csv }"),
      'missing-file',
      '1:52',
      'images',
    ],
    [
      'missing file',
      withLine(1, "data: { use: '@counterweight/data-images', images: ./images, labels: label.csv }"),
      'missing-file',
      '1:70',
      'labels.csv',
    ],
    [
      'a folder for a file',
      withLine(1, "data: { use: '@counterweight/data-images', images: ./images, labels: ./images }"),
      'missing-file',
      '1:70',
      '',
    ],
    [
      'missing table of weights',
      withLine(3, "loss: { use: '@counterweight/loss-focal', weights: { positive: { table: w.csv } } }"),
      'missing-file',
      '3:73',
      '',
    ],
    ['missing section', withLine(3, ''), 'missing-key', '1:1', ''],
    ['missing use', withLine(3, 'loss: { gamma: 2 }'), 'missing-key', '3:7', ''],
    [
      'duplicate key',
      withLine(6, 'training: { epochs: 2, epochs: 3 }'),
      'duplicate-key',
      '6:24',
      'remove one of the two',
    ],
    [
      'duplicate section',
      `${GOOD}model: { use: '@counterweight/cnn' }\n`,
      'duplicate-key',
      '8:1',
      'remove one of the two',
    ],
    ['YAML that is not closed', withLine(3, 'loss: { use: [1'), 'manifest-syntax', '4:', ''],
    ['a tab as indentation', withLine(5, '\t- { use: x }'), 'manifest-syntax', '5:1', ''],
    ['an unknown tag', withLine(6, 'training: !!js/function { epochs: 2 }'), 'manifest-syntax', '6:11', ''],
    ['an alias without its anchor', withLine(3, 'loss: *focal'), 'manifest-syntax', '3:7', ''],
    [
      'a package without its quotes',
      withLine(3, 'loss: { use: @counterweight/loss-focal }'),
      'manifest-syntax',
      '3:',
      "quotes around a name that begins with @: use: '@SCOPE/NAME'",
    ],
    ['two documents', `${GOOD}---\n${GOOD}`, 'manifest-syntax', '8:1', ''],
    ['a mapping as a key', `${GOOD}? { a: 1 }\n: 3\n`, 'manifest-syntax', '8:3', ''],
    ['another version', `version: 2\n${GOOD}`, 'unknown-choice', '1:10', '1'],
    ['empty file', '', 'manifest-empty', '1:1', ''],
    ['only a comment', '# nothing\n', 'manifest-empty', '1:1', ''],
    ['a list', '- 1\n', 'wrong-type', '1:1', ''],
    ['one word', 'focal\n', 'wrong-type', '1:1', ''],
    ['deep brackets', '['.repeat(50_000), 'manifest-syntax', '1:51', ''],
    ['deep dashes', '- '.repeat(50_000), 'manifest-syntax', '1:', ''],
    ['bytes that are not UTF-8', Uint8Array.of(0x61, 0x3a, 0x20, 0xff, 0xfe), 'manifest-unreadable', '', ''],
    ['a large file', 'a'.repeat(300 * 1024), 'manifest-unreadable', '', ''],
    ['a key of the language', `${GOOD}__proto__: { seed: 1 }\n`, 'unknown-key', '8:1', ''],
    ['a key of every object', `${GOOD}constructor: 1\n`, 'unknown-key', '8:1', ''],
  ];
  test.each(cases)('%s', async (_, manifest, code, place, remedy) => {
    const error = await failure(manifest);
    expect([...new Set(error.problems.map((problem) => problem.code))]).toEqual([code]);
    const [problem] = error.problems;
    expect(error.message).toContain(`${code}  manifest.yaml${place === '' ? '' : `:${place}`}`);
    if (remedy !== '') expect(problem!.remedy).toBe(remedy);
    expect(error.exit).toBe(code === 'plugin-invalid' ? 4 : 2);
    expect(error.message).toMatch(/Nothing was written\.$/);
  });
});

test('aliases that multiply are refused before they fill the memory', async () => {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`);
  const { problems } = await failure(`l0: &l0 [x]\n${levels.join('\n')}\n`);
  expect(problems.map(({ code }) => code)).toEqual(['manifest-syntax']);
});

test('all problems are told at once, in the order of their lines', async () => {
  const { problems, message } = await failure(`sede: 3
data: { use: '@counterweight/data-images', images: ./imagess, labels: ./label.csv, sice: 3 }
model: { use: ./cnn }
loss: { use: '@counterweight/loss-focall', gamma: .nan, weights: { positve: 1 } }
samplers:
  - { use: '@counterweight/loss-focal', scope: batch }
  - { use: '@counterweight/sampler-ohem', scope: batc, minNegatives: -1 }
training: { epochs: '16', epochs: 2, batchSize: 0, optimizer: { name: addamw, learningRate: .nan } }
`);
  expect(problems.map(({ code, place }) => `${place!.line!}:${place!.column!} ${code}`)).toEqual([
    '1:1 unknown-key',
    '2:52 missing-file',
    '2:71 missing-file',
    '2:84 unknown-key',
    '3:15 plugin-not-a-name',
    '4:14 unknown-plugin',
    '4:51 wrong-type', // by the options of the plugin that was meant
    '4:68 unknown-key',
    '6:12 plugin-kind',
    '7:50 unknown-choice',
    '7:70 out-of-range',
    '8:27 duplicate-key',
    '8:49 out-of-range',
    '8:71 unknown-choice',
    '8:93 wrong-type',
  ]);
  expect(message).toContain('  3 │ model: { use: ./cnn }\n');
  expect(message).toContain('15 problems. Nothing was written.');
});

describe('--set', () => {
  test('overrides a value, also in a list and where nothing stood', async () => {
    const { folder: workingFolder } = folder(GOOD);
    const set = [
      'training.epochs=3',
      'samplers.0.scope=class',
      'evaluation.groups.head=50',
      'loss.weights={positive: 2}',
    ];
    const { resolved } = await loadManifest('manifest.yaml', { set, workingFolder });
    expect(resolved).toMatchObject({
      training: { epochs: 3 },
      samplers: [{ scope: 'class' }],
      evaluation: { groups: { head: 50, tail: 20 } },
      loss: { weights: { positive: 2 } },
    });
  });

  test('what is wrong with it is told by its name', async () => {
    const { problems } = await failure(GOOD, ['training.epoch=3', 'evaluation.threshold=2']);
    expect(problems.map(({ place, remedy }) => [place?.file, remedy])).toEqual([
      ['--set training.epoch', 'epochs'],
      ['--set evaluation.threshold', '1'],
    ]);
  });

  test('what is wrong with a section that it began is told by its name too', async () => {
    const without = `${LINES.slice(0, 3).join('\n')}\n`;
    const { problems } = await failure(without, ['samplers.0.scope=class', '__proto__.x=1']);
    expect(problems.map(({ code, place }) => [code, place?.file])).toEqual([
      ['missing-key', '--set samplers.0.scope'],
      ['unknown-key', '--set __proto__.x'],
    ]);
  });

  test.each(['epochs', '=3', 'a..b=3', 'a=[', 'seed.x=3', 'samplers.7.scope=class'])('%s is refused', async (set) => {
    const { folder: workingFolder } = folder(`seed: 1\n${GOOD}`);
    await expect(loadManifest('manifest.yaml', { set: [set], workingFolder })).rejects.toMatchObject({
      code: 'override-invalid',
      exit: 2,
    });
  });
});

describe('plugins', () => {
  const plugin = (fields: string) =>
    `const options = { safeParse: (data) => ({ success: true, data }), parse: (data) => data };
     export default ${fields.replaceAll('OPTIONS', 'options, inject: [], create: () => ({})')};`;
  const loss = "loss: { use: 'my-plugins#second' }";
  const several = plugin(
    `[{ contract: 1, kind: 'loss', name: 'first', OPTIONS }, { contract: 1, kind: 'loss', name: 'second', OPTIONS }]`,
  );

  test('one of several is named after #; which file it came from is known', async () => {
    const { folder: workingFolder, path } = folder(withLine(3, loss), { 'my-plugins': several });
    const manifest = await loadManifest('manifest.yaml', { workingFolder });
    expect(manifest.loss).toMatchObject({ plugin: { name: 'second' }, version: '1.2.3', use: 'my-plugins#second' });
    expect(manifest.loss.path).toContain(path('node_modules/my-plugins/i.js'));
  });

  test('the package’s name alone means the plugin it is named for', async () => {
    const named = (name: string) =>
      plugin(
        `[{ contract: 1, kind: 'loss', name: 'other', OPTIONS }, { contract: 1, kind: 'loss', name: '${name}', OPTIONS }]`,
      );
    for (const [use, name] of [
      ['my-plugins', 'my-plugins'],
      ['loss-own', 'own'],
    ] as const) {
      const { folder: workingFolder } = folder(withLine(3, `loss: { use: ${use} }`), { [use]: named(name) });
      expect((await loadManifest('manifest.yaml', { workingFolder })).loss.plugin.name).toBe(name);
    }
  });

  test.each([
    ["loss: { use: 'my-plugins#secnd' }", 'plugin-ambiguous', "use: 'my-plugins#second'", 2],
    ['loss: { use: my-plugins }', 'plugin-ambiguous', "use: 'my-plugins#first'", 2],
  ])('%s', async (line, code, remedy, exit) => {
    const error = await failure(withLine(3, line), [], { 'my-plugins': several });
    expect(error.problems).toMatchObject([{ code, remedy }]);
    expect(error.exit).toBe(exit);
  });

  test('one for another contract is refused with both versions and what to install', async () => {
    const code = plugin(`{ contract: 2, kind: 'loss', name: 'new', OPTIONS }`);
    const error = await failure(withLine(3, 'loss: { use: my-loss }'), [], { 'my-loss': code });
    expect(error.problems).toMatchObject([
      {
        code: 'plugin-contract',
        found: 'my-loss 1.2.3 with contract 2',
        expected: expect.stringMatching(/^contract 1, that of @counterweight\/runner \d/) as unknown,
        remedy: 'npm install @counterweight/runner@latest',
      },
    ]);
    expect(error.exit).toBe(4);
  });

  test('one with a tfjs of its own is refused, both paths named', async () => {
    const made = folder(withLine(3, 'loss: { use: my-loss }'), { 'my-loss': several });
    const copy = 'node_modules/my-loss/node_modules/@tensorflow/tfjs-core';
    made.write(`${copy}/package.json`, '{ "name": "@tensorflow/tfjs-core", "exports": "./i.js" }');
    made.write(`${copy}/i.js`, '');
    const own = 'my-loss#first';
    const set = [`loss.use=${JSON.stringify(own)}`];
    const error: unknown = await loadManifest('manifest.yaml', { workingFolder: made.folder, set }).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as ManifestError).problems).toMatchObject([{ code: 'two-copies', exit: 4 }]);
    expect((error as Error).message).toContain(copy);
  });

  test('one that throws when imported is told as its fault', async () => {
    const error = await failure(withLine(3, 'loss: { use: my-loss }'), [], {
      'my-loss': "throw new Error('no luck');",
    });
    expect(error.problems).toMatchObject([{ code: 'plugin-throws', exit: 4 }]);
    expect(error.message).toContain('no luck');
  });
});

test('defaults are written out, and what is written out is a manifest again', async () => {
  const { folder: workingFolder, write } = folder(GOOD);
  const first = await loadManifest('manifest.yaml', { workingFolder });
  expect(first.resolved).toMatchObject({ version: 1, seed: 0, loss: { alpha: null }, training: { batchSize: 64 } });
  write('again.yaml', stringify(first.resolved));
  const second = await loadManifest('again.yaml', { workingFolder });
  expect(second.resolved).toEqual(first.resolved);
});

test('the weights of a loss are its own default unless given', async () => {
  const { folder: workingFolder } = folder(withLine(3, "loss: { use: '@counterweight/loss-weighted-bce' }"));
  expect((await loadManifest('manifest.yaml', { workingFolder })).weights).toEqual({ positive: { rule: 'ratio' } });
  const set = ['loss.weights=none'];
  expect((await loadManifest('manifest.yaml', { workingFolder, set })).weights).toBe('none');
});

test('a manifest that is not there is refused, the nearest one named', async () => {
  const { folder: workingFolder } = folder(GOOD);
  const error: unknown = await loadManifest('manifset.yaml', { workingFolder }).catch((thrown: unknown) => thrown);
  expect((error as ManifestError).problems).toMatchObject([{ code: 'manifest-unreadable', remedy: 'manifest.yaml' }]);
});

/** Names and values that no manifest needs, and that trip up those who trust them. */
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  '0',
  '-1',
  'use',
  'é\u0301',
  '\ud800',
];
const ODD_VALUES: readonly unknown[] = [
  ...[NaN, Infinity, -Infinity, -0, 1e308, -1e-320, 2 ** 53, 10n ** 40n, '', ' ', '.nan', null, true, new Date(0)],
  ...['../../etc/passwd', '@counterweight/', '@/x', 'a#', '#', 'x'.repeat(300), '\0', 'file:///etc/passwd', 'node:fs'],
  ...[
    [],
    {},
    [[]],
    [null],
    JSON.parse('{ "__proto__": { "use": 1 } }') as unknown,
    { use: {} },
    { use: '' },
    { name: 3, use: 4 },
  ],
];
const oddName = fc.oneof(fc.constantFrom(...ODD_NAMES), fc.string({ unit: 'binary', maxLength: 8 }));
const oddValue = fc.oneof(fc.jsonValue(), fc.constantFrom(...ODD_VALUES));

/** `depth` levels of lists or mappings; past fifty they are refused. */
const nested = fc
  .tuple(fc.nat(80), fc.boolean())
  .map(([depth, isList]) =>
    isList ? '['.repeat(depth) + ']'.repeat(depth) : '{a: '.repeat(depth) + '}'.repeat(depth),
  );

/** A manifest with something in a random place: a value, a key, a piece of text, a part twice, anchors, depth. */
const mutated: fc.Arbitrary<string> = fc.oneof(
  fc.jsonValue().map((value) => stringify(value)),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .tuple(fc.nat(GOOD.length), fc.nat(80), fc.nat(GOOD.length))
    .map(([from, length, to]) => GOOD.slice(0, to) + GOOD.slice(from, from + length) + GOOD.slice(to)),
  fc
    .tuple(
      fc.constantFrom(
        ...['{', '[', '- ', '? ', '&a ', '*a ', '!!binary ', '<<: ', '|', '"', "'", '\t', '\0', '\u2028', '---\n', '%'],
      ),
      fc.nat(GOOD.length),
      fc.nat(200),
    )
    .map(([token, at, times]) => GOOD.slice(0, at) + token.repeat(times + 1) + GOOD.slice(at)),
  fc
    .tuple(fc.nat(GOOD.length), fc.nat(8), fc.string({ unit: 'binary', maxLength: 6 }))
    .map(([at, cut, text]) => GOOD.slice(0, at) + text + GOOD.slice(at + cut)),
  fc.tuple(fc.nat(100), oddValue, oddName, fc.boolean()).map(([place, value, name, isKey]) => {
    const tree = parse(GOOD) as object;
    const holders: [object, string][] = [];
    const walk = (node: object): void => {
      for (const [key, child] of Object.entries(node) as [string, unknown][]) {
        holders.push([node, key]);
        if (typeof child === 'object' && child !== null) walk(child);
      }
    };
    walk(tree);
    const [holder, key] = holders[place % holders.length]!;
    const changed = isKey && !Array.isArray(holder) ? name : key;
    Object.defineProperty(holder, changed, { value, enumerable: true, configurable: true });
    return stringify(tree);
  }),
  fc
    .tuple(fc.nat(LINES.length - 2), nested)
    .map(([at, deep]) => withLine(at + 1, LINES[at]!.replace(/: .*/, `: ${deep}`))),
  fc.tuple(fc.nat(LINES.length - 2), fc.nat(LINES.length - 2), fc.nat(3)).map(([from, to, times]) =>
    LINES.map((line, i) => {
      if (i === from) return line.replace(': ', ': &a ');
      return i === to
        ? line.replace(
            /: .*/,
            `: [${Array(times + 1)
              .fill('*a')
              .join(', ')}]`,
          )
        : line;
    }).join('\n'),
  ),
);

/** Keys of the manifest and others, one in the other, with a value that may be no YAML. */
const override: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constantFrom(
          'data',
          'loss',
          'use',
          'samplers',
          'training',
          'optimizer',
          'epochs',
          'evaluation',
          'metrics',
          '0',
          '1',
        ),
        oddName,
      ),
      { maxLength: 5 },
    ),
    fc.oneof(
      oddValue.map((value) => stringify(value).trim()),
      fc.string({ unit: 'binary', maxLength: 12 }),
      nested,
    ),
    fc.constantFrom('=', '=', '=', '==', ''),
  )
  .map(([path, value, equals]) => `${path.join('.')}${equals}${value}`);

test(
  'of 10,000 mutations and overrides none makes anything but a manifest or an error of the catalogue with its place',
  { timeout: 300_000 },
  async () => {
    const codes = new Set([errors, coreErrors].flatMap((catalogue) => Object.keys(catalogue)));
    const { folder: workingFolder, write } = folder(GOOD);
    const told = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: fc.constant(GOOD) }),
        fc.oneof({ weight: 2, arbitrary: fc.constant<string[]>([]) }, fc.array(override, { maxLength: 3 })),
        async (text, set) => {
          write('manifest.yaml', text);
          const error: unknown = await loadManifest('manifest.yaml', { workingFolder, set }).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (error === undefined) return;
          const problems = error instanceof ManifestError ? error.problems : [error as CounterweightError];
          expect(problems.length).toBeGreaterThan(0);
          for (const { code, place, exit, message } of problems) {
            expect(codes).toContain(code);
            expect(place?.file).toMatch(/^(manifest\.yaml$|--set)/);
            expect([2, 4]).toContain(exit);
            expect(message).not.toMatch(/^\s+at .*\d:\d/m);
            told.set(code, (told.get(code) ?? 0) + 1);
          }
          expect((error as Error).message).not.toMatch(/^\s+at .*\d:\d/m);
        },
      ),
      { numRuns: 10_000 },
    );
    // What is refused everywhere for one reason would test nothing else.
    expect(told.size).toBeGreaterThan(10);
    expect(({} as Record<string, unknown>)['use']).toBeUndefined();
  },
);
