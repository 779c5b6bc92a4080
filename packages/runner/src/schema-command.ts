import { basename } from 'node:path';

import type { Terminal } from './commands.js';
import { whereOf, type WhereOptions } from './plugins-command.js';

/** `counterweight schema` */
export async function schemaCommand(
  { out: file, ...where }: WhereOptions & { readonly out?: string },
  { out, progress }: Pick<Terminal, 'out' | 'progress'>,
): Promise<number> {
  const { manifestJsonSchema } = await import('./manifest-json-schema.js');
  const { writeSchemaFile } = await import('./schema-file.js');
  const { schema, leftOut } = await manifestJsonSchema(whereOf(where));
  for (const { name, version, problem } of leftOut)
    progress.write(`warning   ${name} ${version} is left out: ${problem!.code}; counterweight plugins tells why\n`);
  if (file === undefined) out(`${JSON.stringify(schema, null, 2)}\n`);
  else {
    writeSchemaFile(file, schema);
    progress.write(`${file}; the first line of a manifest beside it:\n`);
    out(`# yaml-language-server: $schema=./${basename(file)}\n`);
  }
  return 0;
}
