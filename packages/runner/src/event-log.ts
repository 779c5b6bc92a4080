import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';

import type { RunEvent } from '@counterweight/core';

/**
 * `events.jsonl`: a line an event, appended and synced. What a full disk does not take is kept, and written before the next
 * event or by `flush`: never half a line, and none out of its turn.
 */
export class EventLog {
  /** Bytes that are whole lines. */
  private size: number;
  private pending = '';

  constructor(private readonly file: string) {
    this.size = bytesOf(file);
  }

  /** @throws what the file system throws; the event is then kept */
  append(event: RunEvent): void {
    this.pending += `${JSON.stringify(event)}\n`;
    this.flush();
  }

  /** Writes what could not be written before. @throws what the file system throws */
  flush(): void {
    if (this.pending === '') return;
    this.cut(this.size);
    const descriptor = openSync(this.file, 'a');
    try {
      appendFileSync(descriptor, this.pending);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    this.pending = '';
    this.size = bytesOf(this.file);
  }

  /** Bytes so far: what a checkpoint remembers. @throws where some are not written yet, and cannot be */
  bytes(): number {
    this.flush();
    return this.size;
  }

  /** Drops what comes after so many bytes, and a line that a killed process did not finish. */
  rewind(bytes: number): void {
    this.pending = '';
    const text = bytesOf(this.file) === 0 ? Buffer.alloc(0) : readFileSync(this.file).subarray(0, bytes);
    this.cut(text.lastIndexOf('\n') + 1);
  }

  private cut(size: number): void {
    const found = bytesOf(this.file);
    if (found > size) truncateSync(this.file, size);
    this.size = Math.min(found, size);
  }
}

const bytesOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
