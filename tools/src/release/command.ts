import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd: string;
  /** Instead of this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandResult {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever it exits with. */
export function attempt(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const { cwd, environment: env = process.env } = options;
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ exit: code ?? 1, stdout, stderr });
    });
  });
}

/** Standard output of a program that must succeed. */
export async function command(program: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { exit, stdout, stderr } = await attempt(program, args, options);
  if (exit === 0) return stdout;
  throw new Error(`${[program, ...args].join(' ')} (in ${options.cwd}) exited with ${exit}:\n${stderr}${stdout}`);
}
