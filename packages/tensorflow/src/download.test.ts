import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { downloadWheel } from './download.js';
import { fakeEngine, rangeOf, serveIndex } from './fixtures/wheels.js';
import { openNetwork } from './network.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'counterweight-test-'));
  file = join(folder, 'wheel');
});
afterEach(() => rmSync(folder, { recursive: true }));

const [fake] = fakeEngine(1).wheels as [ReturnType<typeof fakeEngine>['wheels'][number]];
const { wheel, bytes } = fake;

async function download(index: { readonly port: number }, retryAfter: readonly number[]) {
  await using network = openNetwork();
  const tries: number[] = [];
  const progress = () => {
    const i = tries.push(0) - 1;
    return (count: number) => (tries[i]! += count);
  };
  await downloadWheel(network, `http://127.0.0.1:${index.port}/files/${wheel.file}`, wheel, file, {
    retryAfter,
    progress,
  });
  return tries;
}
/** Breaks the connection once what was sent lies in the file, whose length is then `length`. */
function sendAndBreak(response: ServerResponse, part: Uint8Array, length = part.length) {
  response.write(part);
  const timer = setInterval(() => {
    if (!existsSync(file) || statSync(file).size < length) return;
    clearInterval(timer);
    response.destroy();
  }, 2);
}
const rangesOf = (requests: readonly string[]) => requests.map((request) => / (bytes=.*)$/.exec(request)?.[1]);

test('a connection that breaks is taken up where it ended', async () => {
  let left = 3;
  await using index = await serveIndex(fake, {
    file: (request, response, whole) => {
      const rest = rangeOf(request, response, whole);
      if (left-- > 0) sendAndBreak(response, rest.subarray(0, 20_000), whole.length - rest.length + 20_000);
      else response.end(rest);
    },
  });
  const tries = await download(index, [0]); // one further try after each that brought something
  expect(readFileSync(file)).toEqual(bytes);
  expect(rangesOf(index.requests)).toEqual([undefined, 'bytes=20000-', 'bytes=40000-', 'bytes=60000-']);
  expect(tries.at(-1)).toBe(bytes.length);
});

test('a server without ranges sends all again, and that is what lies there', async () => {
  let left = 1;
  await using index = await serveIndex(fake, {
    file: (_, response, whole) => {
      response.writeHead(200, { 'content-length': whole.length });
      if (left-- > 0) sendAndBreak(response, whole.subarray(0, 30_000));
      else response.end(whole);
    },
  });
  await download(index, [0]);
  expect(readFileSync(file)).toEqual(bytes);
});

test('a server that ends early without saying so is asked for the rest', async () => {
  let left = 1;
  await using index = await serveIndex(fake, {
    file: (request, response, whole) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      if (from > 0) response.end(rangeOf(request, response, whole));
      else response.end(left-- > 0 ? whole.subarray(0, 1000) : whole);
    },
  });
  await download(index, [0]);
  expect(readFileSync(file)).toEqual(bytes);
});

test('a range other than the one asked for is not taken', async () => {
  writeFileSync(file, bytes.subarray(0, 500));
  await using index = await serveIndex(fake, {
    file: (request, response, whole) => {
      if (request.headers.range === undefined) response.end(whole);
      else response.writeHead(206, { 'content-range': `bytes 0-99/${whole.length}` }).end(whole.subarray(0, 100));
    },
  });
  await download(index, []);
  expect(readFileSync(file)).toEqual(bytes);
});

test('tries that bring nothing end, and the part that came stays', async () => {
  await using index = await serveIndex(fake, {
    file: (request, response, whole) => {
      if (request.headers.range !== undefined) request.socket.destroy();
      else sendAndBreak(response.writeHead(200, { 'content-length': whole.length }), whole.subarray(0, 700));
    },
  });
  await expect(download(index, [0, 0, 0])).rejects.toMatchObject({ code: 'engine-download-failed' });
  expect(index.requests).toHaveLength(4); // the one that brought 700 bytes, and three further ones
  expect(readFileSync(file)).toHaveLength(700);
});

test.each([
  [503, 3],
  [429, 3],
  [403, 1],
  [404, 1],
])('status %i is asked for %i times', async (status, times) => {
  await using index = await serveIndex(fake, { file: (_, response) => response.writeHead(status).end() });
  await expect(download(index, [0, 0])).rejects.toMatchObject({
    code: 'engine-download-failed',
    found: expect.stringContaining(`HTTP status ${status}`) as string,
  });
  expect(index.requests).toHaveLength(times);
  expect(existsSync(file)).toBe(false);
});

test('more bytes than are pinned are refused before they fill a disk', async () => {
  await using index = await serveIndex(fake, {
    file: (_, response, whole) => response.end(Buffer.concat([whole, Buffer.alloc(50_000_000)])),
  });
  await expect(download(index, [0])).rejects.toMatchObject({ code: 'engine-wheel-damaged' });
  expect(existsSync(file) ? statSync(file).size : 0).toBeLessThanOrEqual(bytes.length);
});
