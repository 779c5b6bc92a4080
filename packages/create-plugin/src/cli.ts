import { createRequire } from 'node:module';
import { relative } from 'node:path';

import { isCounterweightError } from '@counterweight/core';
import { Command, CommanderError } from 'commander';

import { KIND_LIST, kindAnswered, openQuestions, type Questions, type Terminal } from './ask.js';
import { createPlugin, type CreatedPlugin } from './create-plugin.js';
import { errors, NAME_RULE } from './errors.js';
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
  let questions: Questions | undefined;
  try {
    command.parse(argv, { from: 'user' });
    const [given, ...more] = command.args;
    if (given !== undefined && more.length > 0) throw errors['package-arguments']({ given: command.args });
    const { kind: wanted, folder } = command.opts<Flags>();
    if (wanted !== undefined && !isKind(wanted)) throw errors['package-kind-unknown']({ kind: wanted });
    if (given !== undefined && !isPackageName(given)) throw errors['package-name-invalid']({ name: given });
    questions = around.terminal && openQuestions(around.terminal);
    const name = given ?? (await askName(wanted ?? 'loss', questions));
    if (name === undefined) return INTERRUPTED;
    const kind = wanted ?? (await askKind(name, questions, around.out));
    if (kind === undefined) return INTERRUPTED;
    const created = await createPlugin({ name, kind, ...(folder !== undefined && { folder }) });
    around.out(nextSteps(name, kind, created, around.userAgent));
    return 0;
  } catch (error) {
    // commander has written its message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (!isCounterweightError(error)) throw error;
    around.err(`${error.message}\n`);
    return error.exit;
  } finally {
    questions?.close();
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
    .allowExcessArguments()
    .addHelpText('after', `\nKinds:\n${kinds.join('\n')}\n\nWith npm, options come after two hyphens:`)
    .addHelpText('after', '  npm create @counterweight/plugin my-loss -- --kind loss\n')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError('(add --help for what can be given)');
}

async function askName(kind: PluginKind, questions: Questions | undefined): Promise<string | undefined> {
  if (!questions) throw errors['package-name-missing']({ kind });
  return questions.ask(
    'Name of the package (my-loss, @me/my-loss): ',
    (answer) => (isPackageName(answer) ? answer : undefined),
    NAME_RULE,
  );
}

async function askKind(
  name: string,
  questions: Questions | undefined,
  out: (text: string) => void,
): Promise<PluginKind | undefined> {
  if (!questions) throw errors['package-kind-missing']({ name });
  out(KIND_LIST);
  return questions.ask('What kind of plugin, by number or word? ', kindAnswered, 'one of the numbers or words above');
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
