import { createServer } from 'node:http';

import { expect, test } from 'vitest';

import { close, fakeWheel, listen } from './fixtures/wheels.js';
import { openNetwork } from './network.js';
import { locateWheel } from './wheel-index.js';

const { wheel } = fakeWheel();
const JSON_PAGE = 'application/vnd.pypi.simple.v1+json';

/** Where an index with this page says that the wheel is; the page may depend on the index's host and port. */
async function located(type: string, page: string | ((host: string) => string), credentials = ''): Promise<string> {
  let host = '';
  const server = createServer((_, response) => {
    response.setHeader('content-type', type).end(typeof page === 'string' ? page : page(host));
  });
  host = `127.0.0.1:${await listen(server)}`;
  await using network = openNetwork();
  try {
    return await locateWheel(network, [`http://${credentials}${host}/simple`], wheel);
  } finally {
    await close(server);
  }
}

test.each([
  ['JSON that is cut off', '{"files": ['],
  ['JSON of something else', '{"files": [{"name": "x"}]}'],
  ['a link that leads nowhere', JSON.stringify({ files: [{ filename: wheel.file, url: `http://[/${wheel.file}` }] })],
])('%s is an error that names the page', async (_, page) => {
  await expect(located(JSON_PAGE, page)).rejects.toMatchObject({
    code: 'engine-download-failed',
    found: expect.stringMatching(/^no list of files \(.*\) from http.*\/simple\/tensorflow-cpu\/$/) as string,
  });
});

test('a link that is broken hides no other', async () => {
  const links = `<a href="../%zz.whl">x</a><a href="../../files/${wheel.file}">y</a>`;
  expect(await located('text/html', links)).toMatch(/\/files\/tensorflow_cpu/);
});

test.each([
  ['the same protocol, host and port', (host: string) => `http://${host}`, 'secret'],
  ['another protocol', (host: string) => `https://${host}`, ''],
  ['another host', () => 'http://a.example', ''],
])('a link to %s gets the index’s credentials, or not', async (_, origin, password) => {
  const url = await located('text/html', (host) => `<a href="${origin(host)}/${wheel.file}">x</a>`, 'me:secret@');
  expect(new URL(url).password).toBe(password);
});
