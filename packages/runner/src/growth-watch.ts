import { TensorLedger, type LedgerEntry } from './tensor-ledger.js';

/** Tensors more than before, by tfjs' count and by the engine's own. */
export interface Growth {
  readonly tensors: number;
  readonly native: number;
}

/** Looks of one run: what fills up by and by, as a cache may, is looked at no more often. */
const LOOKS = 3;
const SHOWN = 3;

/**
 * Something that happens again and again and should leave as many tensors as it found. A ledger is opened where they never became
 * fewer over a window of times, and more in half of them; what it then finds is told once.
 */
export class GrowthWatch {
  private seen: Growth[] = [];
  private ledger: TensorLedger | undefined;
  /** Times that the ledger has been open, and that it was opened. */
  private times = 0;
  private looks = 0;
  private isWanted = false;
  private isTold = false;

  /**
   * @param about `open`: times that a ledger is open. `settle`: of these the last ones, over which what is kept must live on
   * @param known who was told already, here or by another watch
   */
  constructor(
    private readonly about: {
      readonly every: 'step' | 'epoch';
      readonly window: number;
      readonly open: number;
      readonly settle: number;
    },
    private readonly known: Set<string>,
  ) {}

  /** It is about to happen. */
  begin(): void {
    if (!this.isWanted) return;
    this.isWanted = false;
    this.ledger = new TensorLedger();
  }

  /** It has happened. @returns a warning, once */
  saw(growth: Growth): string | undefined {
    if (this.isTold) return undefined;
    const { window, open } = this.about;
    this.seen.push(growth);
    if (this.ledger) {
      this.ledger.mark();
      return ++this.times < open ? undefined : this.judge();
    }
    this.seen = this.seen.slice(-window);
    if (this.grows(({ tensors }) => tensors) && this.looks++ < LOOKS) {
      this.seen = [];
      this.isWanted = true;
    } else if (window > 1 && this.grows(({ tensors, native }) => native - tensors)) return this.native();
    return undefined;
  }

  close(): readonly LedgerEntry[] {
    const entries = this.ledger?.close() ?? [];
    this.ledger = undefined;
    this.times = 0;
    return entries;
  }

  private grows(of: (growth: Growth) => number): boolean {
    const { window } = this.about;
    const growths = this.seen.map(of);
    const isMore = growths.filter((growth) => growth > 0).length;
    return growths.length === window && growths.every((growth) => growth >= 0) && isMore >= window / 2;
  }

  private judge(): string | undefined {
    const { open, settle, every } = this.about;
    const times = open - settle;
    const total = this.seen.reduce((sum, { tensors }) => sum + tensors, 0);
    this.seen = [];
    const kept = this.close().filter(({ mark }) => mark < times);
    const leaks = [...grouped(kept)].filter(([, own]) => new Set(own.map(({ mark }) => mark)).size >= times / 2);
    if (total <= 0 || leaks.length === 0) return undefined;
    this.isTold = true;
    const news = leaks.filter(([who]) => !this.known.has(who));
    if (news.length === 0) return undefined;
    for (const [who] of news) this.known.add(who);
    const told = news.map(
      ([who, own]) => `${who} keeps ${more(own.length / times)} after each ${every} (${places(own)})`,
    );
    return `${told.join('; ')}: memory grows until the run ends or fails; tell the plugin's author`;
  }

  private native(): string {
    this.isTold = true;
    const growths = this.seen.map(({ tensors, native }) => native - tensors).sort((a, b) => a - b);
    const each = growths[growths.length >> 1]!;
    return (
      `the engine holds ${more(each)} after each step that tfjs does not know of: a plugin that calls the engine ` +
      `itself does not free what it gets; memory grows until the run ends or fails`
    );
  }
}

function grouped(entries: readonly LedgerEntry[]): ReadonlyMap<string, readonly LedgerEntry[]> {
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const { call } = entry;
    const who = call ? `${call.origin.use}, ${call.doing},` : 'something outside of any method of a plugin';
    groups.set(who, [...(groups.get(who) ?? []), entry]);
  }
  return groups;
}

const more = (count: number): string => {
  const rounded = count.toFixed(1).replace(/\.0$/, '');
  return `${rounded} ${rounded === '1' ? 'tensor' : 'tensors'} more`;
};

function places(entries: readonly LedgerEntry[]): string {
  const all = entries.map(({ layout, madeAt }) => (madeAt === undefined ? layout : `${layout} made at ${madeAt}`));
  const different = [...new Set(all)];
  return [...different.slice(0, SHOWN), ...(different.length > SHOWN ? ['…'] : [])].join('; ');
}
