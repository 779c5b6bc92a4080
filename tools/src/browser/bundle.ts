import { rolldown } from 'rolldown';

import { ROOT } from '../packages.js';

export interface Bundle {
  /** An ES module. */
  readonly code: string;
  /** What it still imports: nothing, if it runs anywhere. */
  readonly imports: readonly string[];
}

/** What a bundler makes for a browser of a module's text, which may import our built packages. */
export async function bundleForBrowser(text: string): Promise<Bundle> {
  const entry = '\0entry';
  const bundle = await rolldown({
    input: entry,
    cwd: ROOT,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id, importer) =>
          id === entry ? id : importer === entry ? import.meta.resolve(id).replace('file://', '') : null,
        load: (id) => (id === entry ? text : null),
      },
    ],
  });
  try {
    const { output } = await bundle.generate({ format: 'es', minify: true, codeSplitting: false });
    const [{ code, imports, dynamicImports }] = output;
    return { code, imports: [...imports, ...dynamicImports] };
  } finally {
    await bundle.close();
  }
}
