import { createRequire } from 'node:module';

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { checkCommand, compareCommand, runCommand, type ManifestOptions, type Terminal } from './commands.js';
import { DEVICES, doctorCommand, type EngineFlags, installCommand, type InstallFlags } from './engine-command.js';
import { failureOf } from './failure.js';
import { predictCommand, type PredictCommandOptions } from './predict-command.js';
import { pluginsCommand, type WhereOptions } from './plugins-command.js';
import { FORMATS } from './predictions-format.js';
import { schemaCommand } from './schema-command.js';
import { supervised } from './supervision.js';

const USAGE = 2;

/** Ctrl-C, a scheduler, a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The `counterweight` command.
 * @returns what the process exits with: 0 done, 2 manifest or usage, 3 data, 4 plugin, 5 engine, 6 diverged, 70 internal,
 *   130 interrupted
 */
export async function main(argv: readonly string[], given?: Terminal): Promise<number> {
  const terminal = given ?? processTerminal();
  const fail = (error: unknown): number => {
    const failure = failureOf(error, argv.includes('--verbose'));
    terminal.progress.write(failure.text);
    if (argv.includes('--json')) terminal.out(`${JSON.stringify(failure.json, null, 2)}\n`);
    return failure.exit;
  };
  let exit = 0;
  const set = (code: number): void => {
    exit = code;
  };
  const program = describeCommands(terminal, set);
  try {
    const work = () => program.parseAsync(argv, { from: 'user' });
    // A process that is not ours alone stays as it is.
    await (given ? work() : supervised(work, fail));
    return exit;
  } catch (error) {
    // commander has written its message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    return fail(error);
  }
}

function describeCommands(terminal: Terminal, exit: (code: number) => void): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  const program = new Command('counterweight')
    .description(
      'Train multi-label image models on imbalanced labels, with strategies that can be swapped and compared.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => void terminal.progress.write(text),
    })
    .showHelpAfterError('(add --help for what can be given)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 manifest or usage, 3 data, 4 plugin, 5 engine, 6 diverged, 130 interrupted.',
    );

  shared(program.command('run'), 'Train as a manifest says and write a run folder.')
    .argument('[manifest]', 'a YAML file')
    .addOption(manifestOverride())
    .option('--out <folder>', 'the run folder, new or empty (default: runs/TIME-NAME)')
    .addOption(new Option('--resume <folder>', 'go on with the run in this folder, or start it there').conflicts('out'))
    .addOption(device())
    .option('--threads <n>', 'threads of the engine (default: one per core)', positive)
    .action(async (file: string | undefined, options: ManifestOptions & { resume?: string }, command: Command) => {
      if (file === undefined && options.resume === undefined)
        command.error("error: missing required argument 'manifest' (or --resume RUN)");
      exit(await runCommand(file, options, terminal));
    });
  shared(program.command('check'), 'Tell what a run would do and take. Trains nothing.')
    .argument('<manifest>', 'a YAML file')
    .addOption(manifestOverride())
    .addOption(device())
    .option('--threads <n>', 'threads of the engine (default: one per core)', positive)
    .action(async (file: string, options: ManifestOptions & EngineFlags) => {
      exit(await checkCommand(file, options, terminal));
    });
  program
    .command('predict')
    .description('Write what a model says of other images.')
    .exitOverride()
    .argument('<run>', 'a run folder')
    .argument('<inputs>', 'a folder, or a list of files')
    .addOption(new Option('--format <name>', 'what is written').choices(FORMATS).default('csv'))
    .option('--out <file>', 'a new file (default: standard output)')
    .option('--threshold <p>', 'labels from this probability on (default: as the run decided)', probability)
    .option('--top <k>', 'the K most probable labels instead', positive)
    .option('--all', 'the probability of every class')
    .option('--batch-size <n>', 'inputs at once (default: 64)', positive)
    .addOption(device())
    .option('--threads <n>', 'threads of the engine (default: one per core)', positive)
    .option('--verbose', 'stack traces with errors')
    .action(async (run: string, inputs: string, options: PredictCommandOptions) => {
      exit(await predictCommand(run, inputs, options, terminal));
    });
  shared(program.command('compare'), 'Put the numbers of runs side by side.')
    .argument('<run...>', 'run folders')
    .option('--out <file>', 'an HTML page, new')
    .action(async (folders: string[], options: { out?: string; json?: boolean }) => {
      exit(await compareCommand(folders, options, terminal));
    });
  shared(program.command('plugins'), 'List installed plugins and their options.')
    .argument('[name]', 'a package or a plugin: all its options, and an entry to copy')
    .addOption(lookedForFrom())
    .action(async (name: string | undefined, options: WhereOptions & { json?: boolean }) => {
      exit(await pluginsCommand(name, options, terminal));
    });
  program
    .command('schema')
    .description('Write a JSON Schema for editing manifests.')
    .exitOverride()
    .addOption(lookedForFrom())
    .option('--out <file>', 'a file, new or an earlier schema (default: standard output)')
    .option('--verbose', 'stack traces with errors')
    .action(async (options: WhereOptions & { out?: string }) => {
      exit(await schemaCommand(options, terminal));
    });
  shared(program.command('doctor'), 'Tell what this machine needs and has.').action(
    async (options: { json?: boolean }) => {
      exit(await doctorCommand(options, terminal));
    },
  );
  const engine = program.command('engine').description('The native TensorFlow engine.').exitOverride();
  shared(engine.command('install'), 'Download, check and build the engine; once per machine. A run does it by itself.')
    .addOption(device())
    .option('--index <url>', 'a Python package index to take it from')
    .option('--from <path...>', 'wheels that are at hand, or their folder')
    .action(async (options: InstallFlags) => {
      exit(await installCommand(options, terminal));
    });
  return program;
}

const shared = (command: Command, description: string): Command =>
  command
    .description(description)
    .exitOverride()
    .option('--json', 'machine-readable result on standard output')
    .option('--verbose', 'stack traces with errors');

const device = (): Option =>
  new Option('--device <name>', 'auto (default: a GPU where one fits), cpu or gpu').argParser((text: string) => {
    const found = DEVICES.find((name) => name === text);
    if (found === undefined) throw new InvalidArgumentError(`one of ${DEVICES.join(', ')} is expected.`);
    return found;
  });

const manifestOverride = (): Option =>
  new Option('--set <key=value>', 'override a value of the manifest: training.epochs=3 (may be repeated)').argParser(
    (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
  );

const lookedForFrom = (): Option =>
  new Option('--manifest <file>', 'look from this manifest’s folder first (default: from here)');

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('a whole number of at least 1 is expected.');
  return value;
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('a number from 0 to 1 is expected.');
  return value;
}

function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    progress: process.stderr,
    onInterrupt(interrupt) {
      let asked = false;
      const listener = (): void => {
        if (asked || interrupt() === 'end now') process.exit(130);
        asked = true;
      };
      for (const signal of SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener);
      };
    },
  };
}
