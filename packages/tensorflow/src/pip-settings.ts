// What the user told pip, without pip: its environment variables and configuration files.
// Names, places and order as in pip's manual, "Configuration": global files, user files, the virtual environment's, PIP_CONFIG_FILE, variables.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { homeFolder } from './home.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface PipSettings {
  readonly index?: string;
  readonly extraIndexes: readonly string[];
  /** Folders or pages with wheels. */
  readonly findLinks: readonly string[];
  /** Only `findLinks` may be used. */
  readonly noIndex: boolean;
  /** A file of certificate authorities. */
  readonly certificates?: string;
  readonly proxy?: string;
}

const SECTIONS = ['global', 'download'];
const KEYS = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'cert', 'proxy'] as const;
type Values = Partial<Record<(typeof KEYS)[number], string>>;

/** Variables win over files, later files over earlier ones. A file that cannot be read counts as absent, as for pip. */
export function pipSettings(environment: Environment = process.env): PipSettings {
  const values: Values = {};
  for (const file of configurationFiles(environment)) {
    const sections = readSections(file);
    for (const section of SECTIONS) Object.assign(values, sections[section]);
  }
  for (const key of KEYS) {
    const value = environment[`PIP_${key.toUpperCase().replaceAll('-', '_')}`];
    if (value !== undefined && value !== '') values[key] = value;
  }
  const { 'index-url': index, cert: certificates, proxy } = values;
  return {
    ...(index !== undefined && { index }),
    ...(certificates !== undefined && { certificates }),
    ...(proxy !== undefined && { proxy }),
    extraIndexes: words(values['extra-index-url']),
    findLinks: words(values['find-links']),
    noIndex: /^(1|true|yes|on)$/i.test(values['no-index'] ?? ''),
  };
}

function configurationFiles(environment: Environment): string[] {
  const only = environment['PIP_CONFIG_FILE'];
  if (only === '/dev/null') return [];
  const home = environment['HOME'] ?? homeFolder() ?? '/';
  const virtual = environment['VIRTUAL_ENV'];
  const mac = process.platform === 'darwin';
  return [
    ...(environment['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(':').map((folder) => join(folder, 'pip', 'pip.conf')),
    ...(mac ? ['/Library/Application Support/pip/pip.conf'] : []),
    '/etc/pip.conf',
    join(home, '.pip', 'pip.conf'),
    ...(mac ? [join(home, 'Library', 'Application Support', 'pip', 'pip.conf')] : []),
    join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip', 'pip.conf'),
    ...(virtual === undefined ? [] : [join(virtual, 'pip.conf')]),
    ...(only === undefined ? [] : [only]),
  ];
}

/** Python's configparser form: `[section]`, `key = value` or `key: value`, indented lines go on, `#` and `;` begin comments. */
function readSections(file: string): Record<string, Values> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  const sections: Record<string, Values> = {};
  let section: Record<string, string> = {};
  let key = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const heading = /^\[(.+)\]\s*$/.exec(line)?.[1];
    const [, name, value] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (heading !== undefined) section = sections[heading] ??= {};
    else if (/^\s/.test(line)) section[key] = `${section[key] ?? ''} ${line.trim()}`.trim();
    else if (name !== undefined) {
      key = name.toLowerCase().replaceAll('_', '-');
      section[key] = value?.trim() ?? '';
    }
  }
  return sections;
}

const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');
