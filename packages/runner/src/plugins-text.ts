import { KINDS } from './plugin-kinds.js';
import type { InstalledPackage, InstalledPlugin, InstalledPlugins } from './installed-plugins.js';
import type { PluginOption } from './plugin-options.js';

const WIDTH = 100;

/** Every plugin on a line, by kind, with its options' names; where each package is; what is wrong with others. */
export function pluginsText({ packages, builtIn }: InstalledPlugins): string {
  const rows = KINDS.flatMap((kind) =>
    packages.flatMap(({ version, plugins }) =>
      plugins.filter((one) => one.kind === kind).map(({ use, options }) => [kind, use, version, keys(options)]),
    ),
  );
  const names = (kind: string): string => builtIn.flatMap((one) => (one.kind === kind ? [one.name] : [])).join(', ');
  const places = packages.map(({ name, version, folder }) => [name, version, folder]);
  const broken = packages.flatMap(({ name, version, folder, problem }) =>
    problem === undefined
      ? []
      : [
          `${name} ${version} cannot be used: ${problem.code}\n`,
          ...[folder, problem.title, problem.found, `try ${problem.remedy ?? ''}`].map(
            (line) => `  ${line.replaceAll('\n', '\n  ')}\n`,
          ),
        ],
  );
  return [
    rows.length === 0 ? 'no plugins are installed here\n' : columns(rows),
    `\nbuilt in, by name: optimizer ${names('optimizer')}; metric ${names('metric')}\n`,
    ...(places.length === 0 ? [] : ['\n', columns(places)]),
    ...(broken.length === 0 ? [] : ['\n', ...broken]),
    '\ncounterweight plugins NAME tells what its options mean.\n',
  ].join('');
}

/** One plugin: where it is, every option in a table, an entry to copy. */
export function pluginText(
  plugin: InstalledPlugin,
  from?: Pick<InstalledPackage, 'name' | 'version' | 'folder' | 'description'>,
): string {
  const { kind, name, use, options, example } = plugin;
  const head = from
    ? [
        `${use}  ${from.version}  (${kind} ${name})`,
        ...(from.description === undefined ? [] : [from.description]),
        from.folder,
      ]
    : [`${name}  (${kind}, built in)`];
  return `${head.join('\n')}\n\n${options.length === 0 ? 'no options\n' : optionsTable(options)}\n${example}`;
}

const keys = (options: readonly PluginOption[]): string =>
  options.map(({ key, required }) => (required ? `${key} (required)` : key)).join(', ');

function optionsTable(options: readonly PluginOption[]): string {
  const rows = options.map(({ key, required, accepts, description, ...rest }) => [
    key,
    required ? 'required' : 'default' in rest ? shown(rest.default) : '',
    description === undefined ? accepts : `${accepts}. ${description}`,
  ]);
  return columns([['option', 'default', 'takes and means'], ...rows]);
}

const shown = (value: unknown): string =>
  typeof value === 'string' && value.trim() !== '' ? value : JSON.stringify(value);

/** Rows in columns; the last is wrapped to the width of a screen and continued under itself. */
function columns(rows: readonly (readonly string[])[]): string {
  const last = rows[0]!.length - 1;
  const widths = Array.from({ length: last }, (_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const indent = widths.reduce((sum, width) => sum + width + 2, 0);
  return rows
    .map((row) => {
      const start = widths.map((width, i) => row[i]!.padEnd(width + 2)).join('');
      const lines = wrapped(row[last]!, Math.max(30, WIDTH - indent));
      return `${(start + lines.join(`\n${' '.repeat(indent)}`)).trimEnd()}\n`;
    })
    .join('');
}

function wrapped(text: string, width: number): readonly string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
