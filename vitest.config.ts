import { defineConfig } from 'vitest/config';

// Workspace packages are read from source: no build is needed before a unit test.
const conditions = ['@counterweight/source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tools/src/**/*.test.ts'],
    setupFiles: ['tools/src/property-seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});
