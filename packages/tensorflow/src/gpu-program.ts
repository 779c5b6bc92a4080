// nvidia-smi, the driver's own program: questions, and answers that may be anything.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { GpuCard } from './gpu.js';

type Environment = Readonly<Record<string, string | undefined>>;

interface Answer {
  readonly cards: readonly GpuCard[];
  /** Why there are none, where the program is there. */
  readonly problem?: string;
}

/** What it printed, or why it failed; undefined where there is no such program. */
type Spoken = { readonly text: string } | { readonly problem: string } | undefined;

const run = promisify(execFile);

/** Under Windows' Linux it may stand outside of PATH. */
const PROGRAMS = ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi'];
const BASE = ['index', 'uuid', 'driver_version', 'memory.total', 'memory.free'];
/** A name may contain commas, so it comes last. */
const FIELDS = [...BASE, 'compute_cap', 'mig.mode.current', 'name'];
/** Old drivers refuse a question with a field that they do not know. */
const OLD_FIELDS = [...BASE, 'name'];
const MEBIBYTE = 2 ** 20;
const LONGEST = 300;
/**
 * It answers all the same, and warns among the lines: `WARNING: infoROM is corrupted at gpu 0000:3B:00.0`.
 * @source nvidia-smi's manual, "RETURN VALUE"
 */
const WORN = 14;

/** Asks nvidia-smi; one that hangs is ended. */
export async function askForGpus(environment: Environment, timeout: number): Promise<Answer> {
  for (const program of PROGRAMS) {
    const speak = (...given: readonly string[]): Promise<Spoken> => spoken(program, given, environment, timeout);
    const answer = await queried(speak, FIELDS);
    if (answer === undefined) continue;
    const isOld = answer.problem !== undefined && /not a valid field/i.test(answer.problem);
    return (isOld && (await queried(speak, OLD_FIELDS))) || answer;
  }
  return { cards: [] };
}

async function queried(
  speak: (...given: readonly string[]) => Promise<Spoken>,
  fields: readonly string[],
): Promise<Answer | undefined> {
  const said = await speak(`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits');
  if (said === undefined) return undefined;
  if ('problem' in said) return { cards: [], problem: said.problem };
  const rows = linesOf(said.text).map((line) => rowOf(line, fields));
  const known = rows.filter((row) => row !== undefined);
  if (known.length < rows.length || rows.length === 0)
    return { cards: [], problem: `nvidia-smi answers what is not a table of cards: ${short(said.text) || 'nothing'}` };
  if (!known.some(({ isDivided }) => isDivided)) return { cards: known.map(({ card }) => card) };

  const list = await speak('-L');
  const instances = list && 'text' in list ? instancesOf(list.text) : [];
  const cards = known.flatMap(({ card, isDivided }) =>
    isDivided ? instances.filter(({ of }) => of === card.index).map((instance) => instanceOf(card, instance)) : [card],
  );
  return cards.length > 0 ? { cards } : { cards, problem: 'MIG is on, and no card has an instance that may be used' };
}

/** A line of the table; undefined where it is something else. */
function rowOf(line: string, fields: readonly string[]): { card: GpuCard; isDivided: boolean } | undefined {
  const cells = line.split(',').map((cell) => cell.trim());
  const name = cells.splice(fields.length - 1).join(', ');
  // "[N/A]", "[Not Supported]", "[Insufficient Permissions]" stand for what nobody knows.
  const of = (field: string) => cells[fields.indexOf(field)] ?? '';
  const bytes = (field: string) => (/^\d+$/.test(of(field)) ? Number(of(field)) * MEBIBYTE : undefined);
  const [uuid, driver, capability] = [of('uuid'), of('driver_version'), of('compute_cap')];
  if (name === '' || !/^\d+$/.test(of('index')) || !uuid.startsWith('GPU-')) return undefined;
  const [total, free] = [bytes('memory.total'), bytes('memory.free')];
  const card = {
    uuid,
    index: Number(of('index')),
    name,
    ...(/^\d+(\.\d+)*$/.test(driver) && { driver }),
    ...(/^\d+\.\d+$/.test(capability) && { capability }),
    ...(total !== undefined && { memory: { total, ...(free !== undefined && { free }) } }),
  };
  return { card, isDivided: of('mig.mode.current') === 'Enabled' };
}

interface Instance {
  /** Index of its card. */
  readonly of: number;
  /** As 1g.5gb: its share of the card, its memory. */
  readonly profile: string;
  readonly uuid: string;
}

function instancesOf(list: string): readonly Instance[] {
  let of = -1;
  return linesOf(list).flatMap((line) => {
    of = Number(/^GPU (\d+):/.exec(line)?.[1] ?? of);
    const [, profile, uuid] = /^\s+MIG (\S+)\s.*\(UUID: (MIG-[^)\s]+)\)/.exec(line) ?? [];
    return profile === undefined || uuid === undefined ? [] : [{ of, profile, uuid }];
  });
}

/** How much of an instance's memory is free is not told. */
function instanceOf({ memory: _, ...card }: GpuCard, { profile, uuid }: Instance): GpuCard {
  const gigabytes = /\.(\d+)gb/.exec(profile)?.[1];
  const memory = gigabytes === undefined ? {} : { memory: { total: Number(gigabytes) * 1e9 } };
  return { ...card, uuid, name: `${card.name} MIG ${profile}`, ...memory };
}

async function spoken(
  program: string,
  given: readonly string[],
  environment: Environment,
  timeout: number,
): Promise<Spoken> {
  try {
    const { stdout } = await run(program, given, { env: { ...environment }, timeout, killSignal: 'SIGKILL' });
    return NONE.test(stdout) ? undefined : { text: stdout };
  } catch (error) {
    const { code, signal, killed, stdout, stderr } = error as Omit<NodeJS.ErrnoException, 'code'> & {
      code?: string | number;
      signal?: string;
      killed?: boolean;
      stdout?: string;
      stderr?: string;
    };
    if (code === 'ENOENT') return undefined;
    if (code === WORN) return { text: stdout ?? '' };
    if (killed) return { problem: `nvidia-smi has not answered for ${timeout / 1000} s` };
    // It complains on either.
    const words = short(`${stdout ?? ''}\n${stderr ?? ''}`);
    if (NONE.test(words)) return undefined;
    return { problem: words === '' ? `nvidia-smi cannot be run (${signal ?? String(code)})` : words };
  }
}

const NONE = /^\s*No devices were found/i;

const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.trim() !== '' && !/^WARNING: infoROM/i.test(line));

/** On one line. */
const short = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, LONGEST);
