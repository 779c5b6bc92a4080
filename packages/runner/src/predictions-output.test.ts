import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { describe, expect, onTestFinished, test } from 'vitest';

import { fileOutput, streamOutput } from './predictions-output.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-output-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

describe('a file', () => {
  test('appears whole at the end, and nothing else remains', async () => {
    const folder = temporaryFolder();
    const output = await fileOutput(join(folder, 'out.csv'));
    await output.write('a\n');
    await output.write('🙂\n');
    expect(readdirSync(folder)).not.toContain('out.csv');
    await output.end();
    expect(readdirSync(folder)).toEqual(['out.csv']);
    expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toBe('a\n🙂\n');
  });

  test('that is abandoned leaves nothing', async () => {
    const folder = temporaryFolder();
    const output = await fileOutput(join(folder, 'out.csv'));
    await output.write('a\n');
    await output.abandon();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is not overwritten: neither one that was there nor one that has come since, nor through a link', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'out.csv');
    const output = await fileOutput(path);
    await output.write('a\n');
    writeFileSync(path, 'mine');
    await expect(output.end()).rejects.toMatchObject({ code: 'out-unwritable' });
    await expect(fileOutput(path)).rejects.toMatchObject({ code: 'out-unwritable', exit: 2 });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    symlinkSync('elsewhere', join(folder, 'link.csv'));
    await expect(fileOutput(join(folder, 'link.csv'))).rejects.toMatchObject({ code: 'out-unwritable' });
    expect(readdirSync(folder).sort()).toEqual(['link.csv', 'out.csv']);
  });

  test('in a folder that is not there is refused', async () => {
    await expect(fileOutput(join(temporaryFolder(), 'none', 'out.csv'))).rejects.toMatchObject({
      code: 'out-unwritable',
    });
  });
});

describe('a stream', () => {
  test('is waited for when it is full', async () => {
    const stream = new PassThrough({ highWaterMark: 4, encoding: 'utf8' });
    const output = streamOutput(stream);
    let settled = false;
    const writing = output.write('more than four').then(() => (settled = true));
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    expect(stream.read()).toBe('more than four');
    await writing;
    stream.resume();
    await output.end();
  });

  test('whose reader left takes the rest without complaint, and says so', async () => {
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const output = streamOutput(
      new Writable({
        highWaterMark: 1,
        write: (_chunk, _encoding, done) => {
          done(broken);
        },
      }),
    );
    await output.write('a');
    await output.write('b');
    expect(output.isRead()).toBe(false);
    await output.end();
  });

  test('that fails otherwise is an error', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    const output = streamOutput(
      new Writable({
        highWaterMark: 1,
        write: (_chunk, _encoding, done) => {
          done(full);
        },
      }),
    );
    await expect(output.write('a')).rejects.toMatchObject({ code: 'out-unwritable', exit: 2 });
  });
});
