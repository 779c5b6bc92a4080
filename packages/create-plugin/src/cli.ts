import { createRequire } from 'node:module';
import { relative } from 'node:path';

import { isCounterweightError } from '@counterweight/core';
import { Command, CommanderError } from 'commander';

import { ask, KIND_QUESTION, kindAnswered, type Terminal } from './ask.js';
import { createPlugin, type CreatedPlugin } from './create-plugin.js';
import { errors } from './errors.js';
import { isKind, KINDS, type PluginKind } from './kinds.js';
import { isPackageName } from './names.js';

const USAGE = 2;
const INTERRUPTED = 130;

export interface Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Absent where nobody can answer. */
  readonly terminal?: Terminal;
  /** How npm, pnpm and yarn say who they are. */
  readonly userAgent?: string;
}

interface Flags {
  readonly kind?: string;
  readonly folder?: string;
}

/**
 * The command `create-plugin [name] [--kind KIND] [--folder FOLDER]`.
 * @returns what the process exits with: 0 done, 2 usage, 130 left at a question
 */
export async function main(argv: readonly string[], around: Surroundings = ofProcess()): Promise<number> {
  const command = describe(around);
  try {
    command.parse(argv, { from: 'user' });
    const [given] = command.args;
    const flags = command.opts<Flags>();
    if (flags.kind !== undefined && !isKind(flags.kind)) throw errors['package-kind-unknown']({ kind: flags.kind });
    const name = given ?? (await askName(flags.kind, around.terminal));
    if (name === undefined) return INTERRUPTED;
    const kind = flags.kind ?? (await askKind(name, around.terminal));
    if (kind === undefined) return INTERRUPTED;
    const { folder } = flags;
    const created = await createPlugin({ name, kind, ...(folder !== undefined && { folder }) });
    around.out(nextSteps(name, kind, created, around.userAgent));
    return 0;
  } catch (error) {
    // commander has written its message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (!isCounterweightError(error)) throw error;
    around.err(`${error.message}\n`);
    return error.exit;
  }
}

function describe({ out, err }: Surroundings): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  const kinds = Object.entries(KINDS).map(([kind, { title }]) => `  ${kind.padEnd(20)}${title}`);
  return new Command('create-plugin')
    .description('Write a small package with a Counterweight plugin: it builds, passes its tests and trains as it is.')
    .usage('[name] [options]')
    .argument('[name]', 'of the new package: my-loss, @me/my-loss (asked for at a terminal)')
    .option('--kind <kind>', 'one of the kinds below (asked for at a terminal)')
    .option('--folder <folder>', 'where to write it, new or empty (default: the name without its scope)')
    .version(version)
    .addHelpText('after', `\nKinds:\n${kinds.join('\n')}\n`)
    .addHelpText(
      'after',
      'With npm, options come after two hyphens: npm create @counterweight/plugin my-loss -- --kind loss',
    )
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError('(add --help for what can be given)');
}

async function askName(kind = 'loss', terminal: Terminal | undefined): Promise<string | undefined> {
  if (!terminal) throw errors['package-name-missing']({ kind });
  return ask(terminal, 'Name of the package (my-loss, @me/my-loss): ', (answer) =>
    isPackageName(answer) ? answer : undefined,
  );
}

async function askKind(name: string, terminal: Terminal | undefined): Promise<PluginKind | undefined> {
  if (!isPackageName(name)) throw errors['package-name-invalid']({ name });
  if (!terminal) throw errors['package-kind-missing']({ name });
  return ask(terminal, KIND_QUESTION, kindAnswered);
}

function nextSteps(name: string, kind: PluginKind, { folder, files }: CreatedPlugin, userAgent = ''): string {
  const manager = /^(pnpm|yarn)\b/.exec(userAgent)?.[1] ?? 'npm';
  const from = relative('', folder);
  const code = files.find((file) => /^src\/(?!index\.ts$).*(?<!\.test)\.ts$/.test(file))!;
  return [
    `${name}: ${KINDS[kind].title}. ${files.length} files in ${folder}`,
    '',
    'Next:',
    ...(from === '' ? [] : [`  cd ${/^[\w./@-]+$/.test(from) ? from : JSON.stringify(from)}`]),
    `  ${manager} install`,
    `  ${`${manager} test`.padEnd(20)}builds it and tests the laws of its kind`,
    `  ${`${manager} run example`.padEnd(20)}trains with it for some seconds; the first time it installs the TensorFlow engine`,
    '',
    `Then make it yours: ${code}, and the README.`,
    '',
  ].join('\n');
}

function ofProcess(): Surroundings {
  const { stdin, stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    ...(stdin.isTTY && stdout.isTTY && { terminal: { input: stdin, output: stdout } }),
    ...(env['npm_config_user_agent'] !== undefined && { userAgent: env['npm_config_user_agent'] }),
  };
}
