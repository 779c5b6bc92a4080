import { z } from 'zod';

/**
 * An option that names a file or a folder, relative to the manifest. The runner sees the `path` in its JSON Schema and checks
 * that it exists together with everything else in the manifest, before a plugin is created.
 */
export const pathOption = (kind: 'file' | 'folder'): z.ZodString => z.string().min(1).meta({ path: kind });
