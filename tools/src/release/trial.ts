/** Projects outside of the repository that take our packages from a registry, as their users do. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../packages.js';
import { attempt, command, type CommandResult } from './command.js';
import type { Registry } from './registry.js';

export type PackageManager = 'npm' | 'pnpm';

/** One such project. */
export class Project {
  constructor(
    readonly folder: string,
    private readonly registry: Registry,
    private readonly manager: PackageManager = 'npm',
    /** Before the rest of PATH: another Node. */
    private readonly binaries?: string,
  ) {
    mkdirSync(folder, { recursive: true });
  }

  get environment(): Readonly<Record<string, string>> {
    const { environment } = this.registry;
    const more = { CI: 'true', ...(this.manager === 'pnpm' && { PNPM_HOME: join(this.folder, '..', 'pnpm-home') }) };
    if (this.binaries === undefined) return { ...environment, ...more };
    return { ...environment, ...more, PATH: `${this.binaries}:${environment['PATH'] ?? ''}` };
  }

  /** Installs with scripts enabled; answers the lines that name a script that ran. */
  async install(...names: readonly string[]): Promise<readonly string[]> {
    const { exit, stdout, stderr } =
      this.manager === 'npm'
        ? await this.attempt('npm', ['install', '--ignore-scripts=false', '--foreground-scripts', ...names])
        : await this.pnpm([names.length > 0 ? 'add' : 'install', ...names]);
    if (exit !== 0)
      throw new Error(`${this.manager} install ${names.join(' ')} exited with ${exit}:\n${stderr}${stdout}`);
    return stdout.split('\n').filter((line) => SCRIPT.test(line));
  }

  /** Runs a program of the project's own: of its node_modules/.bin, or on the PATH. */
  async attempt(program: string, args: readonly string[]): Promise<CommandResult> {
    const own = join(this.folder, 'node_modules', '.bin', program);
    return attempt(existsSync(own) ? own : program, args, { cwd: this.folder, environment: this.environment });
  }

  async command(program: string, args: readonly string[]): Promise<string> {
    const own = join(this.folder, 'node_modules', '.bin', program);
    return command(existsSync(own) ? own : program, args, { cwd: this.folder, environment: this.environment });
  }

  /** Real paths of the installed copies of a package. */
  copiesOf(name: string): readonly string[] {
    return [...new Set(foldersOf(join(this.folder, 'node_modules'), name).map((path) => realpathSync(path)))];
  }

  /** Packages with a lifecycle script, as npm's lock file tells. */
  withScripts(): readonly string[] {
    const lock = JSON.parse(readFileSync(join(this.folder, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
    };
    return Object.entries(lock.packages).flatMap(([path, { hasInstallScript = false }]) =>
      hasInstallScript ? [path.replace(/^.*node_modules\//, '')] : [],
    );
  }

  private pnpm(args: readonly string[]): Promise<CommandResult> {
    const store = join(this.folder, '..', 'pnpm-store');
    return attempt(process.execPath, [PNPM, '--store-dir', store, ...args], {
      cwd: this.folder,
      environment: this.environment,
    });
  }
}

/** npm: "> name@1.0.0 postinstall"; pnpm: "path postinstall: …" or "path postinstall$ …". */
const SCRIPT = /^> \S+@\S+ (pre|post)?(install|prepare)\b|\b(pre|post)?install[$:] /;

const PNPM = join(ROOT, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');

function foldersOf(modules: string, name: string, seen = new Set<string>()): readonly string[] {
  if (!existsSync(modules) || seen.has(realpathSync(modules))) return [];
  seen.add(realpathSync(modules));
  const packages = readdirSync(modules)
    .filter((entry) => !entry.startsWith('.') || entry === '.pnpm')
    .flatMap((entry) =>
      entry.startsWith('@') || entry === '.pnpm'
        ? readdirSync(join(modules, entry)).map((own) => join(entry, own))
        : [entry],
    )
    .map((entry) => join(modules, entry));
  const own = join(modules, ...name.split('/'));
  const nested = packages
    .filter((folder) => lstatSync(folder).isDirectory())
    .flatMap((folder) => foldersOf(join(folder, 'node_modules'), name, seen));
  return [...(existsSync(join(own, 'package.json')) ? [own] : []), ...nested];
}
