// What commands have to do with the engine. tensorflow is imported when needed: help and usage errors must not wait for tfjs.
import type { DeviceRequest } from '@counterweight/tensorflow';

import type { Terminal } from './commands.js';
import type { EngineOptions } from './engine.js';
import { installWatcher } from './install-watcher.js';

/** What `--device` takes. */
export const DEVICES = ['auto', 'cpu', 'gpu'] as const satisfies readonly DeviceRequest[];

export interface EngineFlags {
  readonly device?: DeviceRequest;
  readonly threads?: number;
}

/** The engine as flags ask for it; an installation is shown on standard error. */
export const engineOptions = ({ device, threads }: EngineFlags, { progress }: Pick<Terminal, 'progress'>) =>
  ({
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    installWatcher: installWatcher(progress),
  }) satisfies EngineOptions;

const ENGINE = 5;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export interface InstallFlags {
  readonly device?: DeviceRequest;
  readonly index?: string;
  readonly from?: readonly string[];
  readonly json?: boolean;
}

/** `counterweight engine install` */
export async function installCommand(options: InstallFlags, { out, progress }: Terminal): Promise<number> {
  const { chooseDevice, installWatched } = await import('@counterweight/tensorflow');
  const { index, from, device: asked = 'auto' } = options;
  // What is asked for is installed wherever: an image for machines with a GPU is made on one without.
  const { device, reason, warning } =
    asked === 'auto' ? await chooseDevice('auto') : { device: asked, reason: 'asked for' };
  if (warning !== undefined) progress.write(`warning   ${warning}\n`);
  else progress.write(`device    ${device === 'gpu' ? 'GPU' : 'processor'} (${reason})\n`);
  const { folder, version } = await installWatched(device, installWatcher(progress), {
    ...(index !== undefined && { index }),
    ...(from !== undefined && { from }),
  });
  out(options.json ? json({ device, folder, version }) : `${folder}\n`);
  return 0;
}

/** `counterweight doctor` */
export async function doctorCommand(options: { readonly json?: boolean }, { out }: Terminal): Promise<number> {
  const { engineReport } = await import('@counterweight/tensorflow');
  const { findings, good, remedy, choice } = await engineReport();
  const widest = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, found, needed, good: fine }) => {
    const wanted = needed === undefined ? '' : `  (needed: ${needed})`;
    return `${fine ? 'good' : 'BAD '}  ${name.padEnd(widest)}  ${found}${wanted}\n`;
  });
  const advice = good ? 'everything that training needs is here\n' : `try   ${remedy ?? 'what is marked BAD above'}\n`;
  const warning = choice.warning === undefined ? '' : `warning   ${choice.warning}\n`;
  out(options.json ? json({ good, choice, findings, remedy }) : [...lines, warning, advice].join(''));
  return good ? 0 : ENGINE;
}
