import { createRequire } from 'node:module';

const OWN = ['runner', 'core', 'trainer', 'metrics', 'tensorflow'].map((name) => `@counterweight/${name}`);

/** The versions of what runs a manifest, besides its plugins. */
export function versions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  const of = (name: string): string => (require(`${name}/package.json`) as { readonly version: string }).version;
  return {
    node: process.versions.node,
    ...Object.fromEntries([...OWN, '@tensorflow/tfjs-core'].map((name) => [name, of(name)])),
  };
}
