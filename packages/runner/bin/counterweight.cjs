#!/usr/bin/env node
'use strict';
// CommonJS, because a module is itself read by libuv's threads: of these there are four, unless told before the first one
// starts, and images are decoded by them.
const { availableParallelism } = require('node:os');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 70));
// Nor does a run end because nobody watches it any longer: a closed terminal, a log that is full.
process.stderr.on('error', () => undefined);

void import('../dist/cli.js').then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(2));
});
