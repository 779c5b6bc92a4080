/**
 * The public surface of all packages, pinned: `npm run docs:api` writes docs/api-report.md, which a test compares with what is
 * built, and a reference to read (typedoc) into .cache/api.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';

import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { Application } from 'typedoc';

import { packageFolders, ROOT, type PackageFolder } from './packages.js';

export const REPORT = join(ROOT, 'docs', 'api-report.md');
const REFERENCE = join(ROOT, '.cache', 'api');

const HEADING = `# Public surface

Made by \`npm run docs:api\`. What changes here changes for everybody who uses a package: it needs a changeset.
`;

/** Of the packages as they are built. */
export function apiReport(): string {
  const temporary = mkdtempSync(join(tmpdir(), 'api-'));
  try {
    const sections = packageFolders().map((one) => `## ${one.manifest.name}\n\n${reportOf(one, temporary)}`);
    return [HEADING, ...sections].join('\n');
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function reportOf({ name, folder }: PackageFolder, temporary: string): string {
  const { none: silent, warning } = { none: ExtractorLogLevel.None, warning: ExtractorLogLevel.Warning };
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, 'dist', 'index.d.ts'),
      compiler: { tsconfigFilePath: join(folder, 'tsconfig.json') },
      apiReport: {
        enabled: true,
        reportFolder: temporary,
        reportTempFolder: join(temporary, 'new'),
        reportFileName: name,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: warning } },
        extractorMessageReporting: { default: { logLevel: silent } },
        tsdocMessageReporting: { default: { logLevel: silent } },
      },
    },
  });
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  const text = readFileSync(join(temporary, `${name}.api.md`), 'utf8');
  // From the code on: each has the same heading.
  return text.slice(text.indexOf('```ts')).replaceAll('\r\n', '\n').trim() + '\n';
}

async function writeReference(): Promise<void> {
  const application = await Application.bootstrapWithPlugins({
    name: 'Counterweight',
    entryPoints: packageFolders().map(({ folder }) => folder),
    entryPointStrategy: 'packages',
    packageOptions: { entryPoints: ['src/index.ts'] },
    out: REFERENCE,
    readme: join(ROOT, 'README.md'),
    logLevel: 'Error',
  });
  const project = await application.convert();
  if (project === undefined) throw new Error('typedoc could not read the packages');
  await application.generateOutputs(project);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  writeFileSync(REPORT, apiReport());
  await writeReference();
  process.stdout.write(`${REPORT}\n${REFERENCE}/index.html\n`);
}
