import { dirname, resolve } from 'node:path';

import type { Terminal } from './commands.js';

export interface WhereOptions {
  /** The manifest that is written: plugins are looked for from its folder first. */
  readonly manifest?: string;
}

/** Of `--manifest`: the folder to look from. */
export const whereOf = ({ manifest }: WhereOptions): { readonly folder?: string } =>
  manifest === undefined ? {} : { folder: resolve(dirname(manifest)) };

/** `counterweight plugins [NAME]` */
export async function pluginsCommand(
  name: string | undefined,
  options: WhereOptions & { readonly json?: boolean },
  { out }: Pick<Terminal, 'out'>,
): Promise<number> {
  const { asJson, installedPlugins } = await import('./installed-plugins.js');
  const { pluginsText, pluginText } = await import('./plugins-text.js');
  const json = (value: unknown): void => {
    out(`${JSON.stringify(value, null, 2)}\n`);
  };
  if (name !== undefined) {
    const { findInstalled } = await import('./find-installed.js');
    const found = await findInstalled(name, whereOf(options));
    if (options.json) json(found.map(({ plugin, from }) => ({ ...plugin, ...(from && { package: asJson(from) }) })));
    else out(found.map(({ plugin, from }) => pluginText(plugin, from)).join('\n'));
    return 0;
  }
  const installed = await installedPlugins(whereOf(options));
  if (options.json) json({ ...installed, packages: installed.packages.map(asJson) });
  else out(pluginsText(installed));
  return 0;
}
