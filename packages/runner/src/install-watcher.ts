import type { InstallAbout, InstalledEngine, InstallProgress, InstallWatcher } from '@counterweight/tensorflow';

import { clock } from './duration.js';
import { rewritten, type ProgressStream } from './progress.js';

const REFRESH = 200;
const BAR = 20;

/** An installation as lines: what it takes when it begins, other people's licences, that it is done. */
export class InstallLines implements InstallWatcher {
  constructor(protected readonly tell: (line: string) => void) {}

  begins({ device, version, folder, download, disk }: InstallAbout): void {
    const engine = `TensorFlow ${version} for the ${device === 'gpu' ? 'GPU' : 'processor'}`;
    this.tell(`installing ${engine}, once on this machine: ${size(download)} to fetch, ${size(disk)} in ${folder}`);
  }

  goesOn({ notice }: InstallProgress): void {
    if (notice !== undefined) this.tell(notice);
  }

  ended(engine: InstalledEngine | undefined): void {
    if (engine) this.tell(`installed TensorFlow ${engine.version}`);
  }
}

/** The same on a terminal, with a bar in between that rewrites itself. */
class InstallBar extends InstallLines {
  private heading = '';
  private started = 0;
  private first = 0;
  private drawn = 0;

  constructor(private readonly stream: ProgressStream) {
    super((line) => {
      this.erase();
      stream.write(`${line}\n`);
    });
  }

  override goesOn(progress: InstallProgress): void {
    super.goesOn(progress);
    if (progress.phase === 'notice') return;
    const { phase, file = '', done = 0 } = progress;
    const now = performance.now();
    if (this.heading !== `${phase} ${file}`) [this.heading, this.started, this.first] = [`${phase} ${file}`, now, done];
    else if (now - this.drawn < REFRESH) return;
    this.drawn = now;
    const rate = (1000 * (done - this.first)) / Math.max(now - this.started, 1);
    this.stream.write(rewritten(barText(progress, rate), this.stream));
  }

  override ended(engine: InstalledEngine | undefined): void {
    this.erase();
    super.ended(engine);
  }

  private erase(): void {
    if (this.heading !== '') this.stream.write('\r\x1b[2K');
    this.heading = '';
  }
}

/** On a terminal that a person watches a bar, elsewhere lines. */
export const installWatcher = (
  stream: ProgressStream,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): InstallWatcher =>
  stream.isTTY && (environment['CI'] ?? '') === ''
    ? new InstallBar(stream)
    : new InstallLines((line) => void stream.write(`${line}\n`));

/** `rate`: bytes a second. */
function barText({ phase, file, done, total }: InstallProgress, rate: number): string {
  if (done === undefined || total === undefined || total === 0) return `${phase} ${file ?? ''}`;
  const share = Math.min(done / total, 1);
  const filled = Math.round(BAR * share);
  const left = rate > 0 ? [`${size(rate)}/s`, `${clock((total - done) / rate)} left`] : [];
  return [
    `${phase.padEnd(8)} [${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}]`,
    `${Math.floor(100 * share)} %`.padStart(5),
    `${size(done)} of ${size(total)}`,
    ...left,
    file,
  ].join('  ');
}

const size = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
