import type { InstallProgress } from '@counterweight/tensorflow';

import type { ProgressStream } from './progress.js';

const REFRESH = 200;

/** Progress of an installation: on a terminal one line that rewrites itself, elsewhere a line per phase and file. */
export class InstallLine {
  private phase = '';
  private drawn = 0;

  constructor(private readonly stream: ProgressStream) {}

  show({ phase, file, done, total }: InstallProgress): void {
    const heading = file === undefined ? phase : `${phase} ${file}`;
    const now = performance.now();
    const begins = heading !== this.phase;
    if (!begins && (!this.stream.isTTY || now - this.drawn < REFRESH)) return;
    if (begins && this.stream.isTTY && this.phase !== '') this.stream.write('\n');
    this.phase = heading;
    this.drawn = now;
    const share = done === undefined || !total ? '' : `  ${Math.round((100 * done) / total)} % of ${megabytes(total)}`;
    this.stream.write(this.stream.isTTY ? `\r\x1b[2K${heading}${share}` : `${heading}\n`);
  }

  end(): void {
    if (this.stream.isTTY && this.phase !== '') this.stream.write('\n');
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
