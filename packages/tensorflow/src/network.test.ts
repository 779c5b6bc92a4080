import { createServer } from 'node:http';
import { connect } from 'node:net';

import { afterEach, expect, test, vi } from 'vitest';

import { close, fakeWheel, listen, serveIndex } from './fixtures/wheels.js';
import { addressOf, openNetwork } from './network.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const invalid = (found: string) => expect.objectContaining({ code: 'engine-address-invalid', exit: 5, found }) as Error;

test.each([
  ['', 'empty'],
  ['packages', 'packages'],
  ['ftp://a.example/simple', 'ftp://a.example/simple'],
  ['https://', 'https://'],
  ['http://me:secret@[/simple', 'http://[/simple'],
  ['me:secret@a.example', 'a.example'],
])('"%s" is no address of an index, and shown as %s', (text, shown) => {
  expect(() => addressOf('index', text)).toThrow(invalid(`index: ${shown}`));
});

test.each(['PIP_PROXY', 'http_proxy', 'HTTP_PROXY'])('%s may be HOST:PORT; what is none is told', async (name) => {
  vi.stubEnv('PIP_PROXY', '');
  for (const other of ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']) vi.stubEnv(other, undefined);
  await using index = await serveIndex(fakeWheel());
  const proxy = createServer().on('connect', (_, socket) => {
    const upstream = connect(index.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
  });
  vi.stubEnv(name, `me:secret@127.0.0.1:${await listen(proxy)}`);
  {
    await using network = openNetwork();
    expect(await network.get('http://packages.invalid/simple/tensorflow-cpu/', '*/*')).toMatchObject({ status: 200 });
  }
  await close(proxy);
  vi.stubEnv(name, 'http://me:secret@[');
  expect(() => openNetwork()).toThrow(invalid('proxy: http://['));
});
