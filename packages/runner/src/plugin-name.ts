/** The manifest's `use`: a package, or one plugin of several that it exports. */
export interface PluginName {
  readonly package: string;
  readonly name?: string;
}

/** A package's name as npm allows it, then perhaps `#NAME`: no path, no URL, no sub-path. */
const PATTERN = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:#([\w-]+))?$/;

/** npm's own limit. */
const LONGEST = 214;

/** Undefined when `use` is anything but a name. */
export function parsePluginName(use: string): PluginName | undefined {
  const [, name, plugin] = PATTERN.exec(use) ?? [];
  if (name === undefined || name.length > LONGEST) return undefined;
  return { package: name, ...(plugin !== undefined && { name: plugin }) };
}
