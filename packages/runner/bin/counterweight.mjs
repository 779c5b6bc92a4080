#!/usr/bin/env node
import { main } from '../dist/cli.js';

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 70));
process.exitCode = await main(process.argv.slice(2));
