/** `npm run check:reference -- FILE.json …`: what the packages here compute, against reference files. */
import { argv, stderr, stdout } from 'node:process';

import { loadEngine } from '@counterweight/tensorflow';

import { checkReference } from './check-reference/command.js';

process.exitCode = await checkReference(argv.slice(2), {
  prepare: loadEngine,
  out: (line) => stdout.write(`${line}\n`),
  error: (line) => stderr.write(`${line}\n`),
});
