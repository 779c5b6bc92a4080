// Bundles what we use of @tensorflow/tfjs-node-gpu (a development dependency whose install script never runs) into vendor/:
// its backend, kernels and file handlers with google-protobuf. The one import left is @tensorflow/tfjs-core, a peer, so that
// a process has one copy. The binding's C++ sources come along, to be compiled when the engine is installed.
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { build } from 'rolldown';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const source = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json');

rmSync(here('vendor'), { recursive: true, force: true });
const { output } = await build({
  input: here('vendor-entry.mjs'),
  platform: 'node',
  external: ['@tensorflow/tfjs-core'],
  plugins: [
    {
      name: 'union package to core',
      resolveId: (id) => (id === '@tensorflow/tfjs' ? { id: '@tensorflow/tfjs-core', external: true } : null),
    },
    {
      name: 'utilities that Node 23 removed',
      transform: {
        filter: { id: /tfjs-node-gpu\/dist\// },
        handler: (code) =>
          code
            .replaceAll('(0, util_1.isNullOrUndefined)(', '((value) => value == null)(')
            .replaceAll('(0, util_1.isArray)(', 'Array.isArray('),
      },
    },
  ],
  output: { file: here('vendor/tfjs-node-gpu.cjs'), format: 'cjs' },
});
if (/isNullOrUndefined|@tensorflow\/tfjs['"]/.test(output[0].code))
  throw new Error('the bundle still needs what we replace');
cpSync(source.replace('package.json', 'binding'), here('vendor/binding'), { recursive: true });
cpSync(here('NOTICE'), here('vendor/NOTICE'));
