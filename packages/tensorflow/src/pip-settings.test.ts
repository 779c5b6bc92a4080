import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { pipSettings } from './pip-settings.js';
import { wheelIndexes } from './wheel-sources.js';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'counterweight-test-'))));
afterEach(() => rmSync(home, { recursive: true }));

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
};
/** An environment in which only files below `home` count, and no pip can be asked. */
const environment = (more: Record<string, string> = {}) => ({
  HOME: home,
  XDG_CONFIG_DIRS: join(home, 'xdg'),
  PATH: '/nowhere',
  ...more,
});

test('a file in the form that pip writes is understood', () => {
  write(
    '.config/pip/pip.conf',
    '# comment\n[global]\nindex-url = https://a.example/simple\nextra-index-url =\n    https://b.example/simple\n' +
      '    https://c.example/simple\nno_index: false\n\n[download]\ncert: /etc/authorities.pem\n[list]\nformat = columns\n',
  );
  expect(pipSettings(environment())).toMatchObject({
    index: 'https://a.example/simple',
    extraIndexes: ['https://b.example/simple', 'https://c.example/simple'],
    noIndex: false,
    certificates: '/etc/authorities.pem',
  });
});

test('the command’s section wins in a file, the later file among files, the variable over all', () => {
  write('xdg/pip/pip.conf', '[download]\nproxy = http://system.example\nindex-url = https://system.example/simple\n');
  write(
    '.config/pip/pip.conf',
    '[download]\nindex-url = https://user-download.example/simple\n[global]\nindex-url = no\n',
  );
  write('venv/pip.conf', '[global]\ncert = /venv.pem\n');
  const settings = pipSettings(environment({ VIRTUAL_ENV: join(home, 'venv'), PIP_CERT: '/variable.pem' }));
  expect(settings.index).toBe('https://user-download.example/simple');
  expect(settings.proxy).toBe('http://system.example');
  expect(settings.certificates).toBe('/variable.pem');
});

test('PIP_CONFIG_FILE is read last, and /dev/null switches all files off', () => {
  write('.pip/pip.conf', '[global]\nindex-url = https://user.example/simple\n');
  write('own.conf', '[global]\nindex-url = https://own.example/simple\n');
  expect(pipSettings(environment({ PIP_CONFIG_FILE: join(home, 'own.conf') })).index).toBe(
    'https://own.example/simple',
  );
  expect(pipSettings(environment({ PIP_CONFIG_FILE: '/dev/null' })).index).toBeUndefined();
});

test('indexes: what is given, else PIP_INDEX_URL, UV_DEFAULT_INDEX, files; then the additional ones', async () => {
  write('.pip/pip.conf', '[global]\nindex-url = https://file.example/simple\nextra-index-url = https://more.example\n');
  const uv = environment({ UV_DEFAULT_INDEX: 'https://uv.example/simple' });
  const pip = { ...uv, PIP_INDEX_URL: 'https://pip.example/simple' };
  expect(await wheelIndexes('https://given.example', pip)).toEqual(['https://given.example']);
  expect(await wheelIndexes(undefined, pip)).toEqual(['https://pip.example/simple', 'https://more.example']);
  expect(await wheelIndexes(undefined, uv)).toEqual(['https://uv.example/simple', 'https://more.example']);
  expect(await wheelIndexes(undefined, environment())).toEqual(['https://file.example/simple', 'https://more.example']);
});

test('an installed pip is asked for its index: a configured one, else the one that its help names', async () => {
  write(
    'bin/pip',
    '#!/bin/sh\n[ "$1" = config ] && exit 1\necho "  -i, --index-url <url>  Index (default\n  https://d.example/simple). More"\n',
  );
  chmodSync(join(home, 'bin/pip'), 0o755);
  const path = { PIP_CONFIG_FILE: '/dev/null', PATH: `${join(home, 'bin')}:/bin:/usr/bin` };
  expect(await wheelIndexes(undefined, environment(path))).toEqual(['https://d.example/simple']);
});

test.each([{ PIP_CONFIG_FILE: '/dev/null' }, { PIP_NO_INDEX: 'true', PIP_INDEX_URL: 'https://a.example' }])(
  'with %o there is no index, and the error says so',
  async (more) => {
    await expect(wheelIndexes(undefined, environment(more))).rejects.toMatchObject({ code: 'engine-index-unknown' });
  },
);
