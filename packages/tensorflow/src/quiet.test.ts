import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';

import { expect, test, vi } from 'vitest';

import { findEngine } from './cache.js';
import { type Redirection, withQuietStandardError } from './quiet.js';

const engine = findEngine();
const helper = engine && (createRequire(import.meta.url)(engine.standardErrorModule) as Redirection);

test.skipIf(!helper)('what is written below Node is heard, noise apart; it is passed on where loading fails', () => {
  const say = (text: string) => writeSync(2, `${text}\n`);
  const { value, said } = withQuietStandardError(helper!.redirect, () => {
    say('I oneDNN custom operations are on. You may see …');
    say('E failed call to cuInit: CUDA_ERROR_NO_DEVICE');
    return 3;
  });
  expect([value, said]).toEqual([3, ['E failed call to cuInit: CUDA_ERROR_NO_DEVICE']]);

  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const failing = () =>
    withQuietStandardError(helper!.redirect, () => {
      say('no such library');
      throw new Error('not loaded');
    });
  expect(failing).toThrow('not loaded');
  expect(write).toHaveBeenCalledWith('no such library\n');
  write.mockRestore();
});
