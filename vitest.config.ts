import { defineConfig } from 'vitest/config';

// Workspace packages are read from source: no build is needed before a unit test.
const conditions = ['@counterweight/source', 'module', 'node', 'development|production'];
/** Packages from a registry, in projects of their own: minutes. */
const PUBLISHED = 'tools/src/release/published.test.ts';

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: ['tools/src/property-seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'workspace',
          include: ['packages/*/src/**/*.test.ts', 'tools/src/**/*.test.ts'],
          exclude: [PUBLISHED],
        },
      },
      { extends: true, test: { name: 'published', include: [PUBLISHED] } },
    ],
  },
});
