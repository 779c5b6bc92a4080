/** `npm run check:gpu [-- FILE.json …]`: the GPU of this machine against its processor. Without one: what was found and needed, exit 5. */
import { cpus } from 'node:os';

import { isCounterweightError } from '@counterweight/core';
import { chooseDevice, installEngine } from '@counterweight/tensorflow';

import { checkDevice, compareSpeed } from './check-gpu/checks.js';
import { TaskFailure } from './check-gpu/tasks.js';

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

/** @returns the exit code: 0 all agrees, 1 something does not, 5 no GPU that can be used */
async function main(references: readonly string[]): Promise<number> {
  const { card } = await chooseDevice('gpu');
  tell(`${card!.name}, driver ${card!.driver ?? 'unknown'}, compute capability ${card!.capability ?? 'unknown'}`);
  tell(`beside ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores; float32 in full (no TF32) but for the speed`);
  for (const device of ['cpu', 'gpu'] as const) {
    let shown = '';
    await installEngine({
      device,
      onProgress: ({ phase, notice, file = '' }) => {
        const line = notice ?? `${phase} ${file}`.trim();
        if (line !== shown) tell((shown = line));
      },
    });
  }

  let failed = 0;
  for await (const { name, good, detail } of checkDevice('gpu', references)) {
    tell(`${good ? 'good  ' : 'FAILED'}  ${name}  ${detail}`);
    if (!good) failed++;
  }
  for await (const line of compareSpeed('gpu')) tell(line);
  tell(failed === 0 ? 'all agrees' : `${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!isCounterweightError(error) && !(error instanceof TaskFailure)) throw error;
  process.stderr.write(`${error.message}\n`);
  return error.exit;
});
