import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, expect, test, vi } from 'vitest';

import { cacheFolder } from './cache.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  [{ COUNTERWEIGHT_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
  [{ COUNTERWEIGHT_CACHE: 'a' }, resolve('a')], // absolute: modules are loaded from there
  [{ COUNTERWEIGHT_CACHE: '', XDG_CACHE_HOME: '/b' }, '/b/counterweight'],
  // The specification of XDG: empty counts as not set, relative is to be left out.
  [{ XDG_CACHE_HOME: '' }, join(homedir(), '.cache/counterweight')],
  [{ XDG_CACHE_HOME: 'b' }, join(homedir(), '.cache/counterweight')],
  [{}, join(homedir(), '.cache/counterweight')],
])('%j: the cache is %s', (environment, folder) => {
  expect(cacheFolder(environment)).toBe(folder);
});

test('a user without a home folder is told what to set', () => {
  vi.stubEnv('HOME', '');
  expect(() => cacheFolder({})).toThrow(
    expect.objectContaining({ code: 'engine-cache-unwritable', found: expect.stringContaining('no home') as string }),
  );
});
