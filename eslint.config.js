import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Which of our packages each package may import, besides itself: dependencies point down only (ARCHITECTURE.md). Packages
// know each other by name, so a rule on names is enough; knip reports a name that the package.json does not declare.
const mayImport = {
  core: [],
  metrics: ['core'],
  tensorflow: ['core'],
  trainer: ['core'],
  testing: ['core', 'trainer'],
  'loss-*': ['core'],
  'sampler-*': ['core'],
  cnn: ['core'],
  'layers-model': ['core'],
  'label-table': ['core'],
  'data-*': ['core', 'label-table'],
  'create-plugin': ['core'],
  report: ['core'],
  runner: ['core', 'trainer', 'tensorflow', 'metrics', 'report'],
};
// Core and what works on scores alone run in a browser too: no Node modules, tfjs as types only.
const anywhere = ['core', 'metrics', 'loss-*'];

const restricted = (names, folder, more = []) => [
  {
    group: ['@counterweight/*', ...names.map((name) => `!@counterweight/${name}`)],
    message: `packages/${folder} may import ${names.join(', ') || 'no other package'} only.`,
  },
  { group: ['../../*', '@counterweight/*/*'], message: 'Import a package by its name.' },
  { group: ['tsyringe'], message: 'Import inject and injectable from @counterweight/core.' },
  { group: ['@tensorflow/*/*'], message: 'A deep import is a second copy of tfjs.' },
  ...more,
];

const boundaries = Object.entries(mayImport).map(([folder, names]) => ({
  files: [`packages/${folder}/src/**/*.ts`],
  ignores: ['**/*.test.ts', '**/reference.ts'],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: restricted(
          names,
          folder,
          anywhere.includes(folder)
            ? [
                { group: ['node:*'], message: `packages/${folder} runs in a browser too.` },
                { group: ['@tensorflow/*'], allowTypeImports: true, message: 'tfjs is imported for its types only.' },
              ]
            : [],
        ),
      },
    ],
  },
}));

export default defineConfig(
  globalIgnores(['**/dist/', '**/vendor/', '.nx/', '**/.cache/', 'runs/']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Indices into typed arrays are known to be inside; a check at each would hide the arithmetic.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
    },
  },
  boundaries,
  {
    // What is generated tests with Node's own runner, whose test() gives a promise that nobody awaits.
    files: ['packages/create-plugin/templates/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
      ],
    },
  },
  { files: ['packages/core/src/injection.ts'], rules: { '@typescript-eslint/no-restricted-imports': 'off' } },
);
