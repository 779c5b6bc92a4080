import { defineErrors } from '@counterweight/core';

import { shellWord } from './shell-word.js';

interface Copy {
  readonly path: string;
  readonly version: string;
}

const list = (names: readonly string[]) => names.join(', ');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
/** With the manifest named, as one whose file was moved; the overrides are those that the run began with. */
const resumeWith = (folder: string, set: readonly string[]): string =>
  [
    `counterweight run path/to/manifest.yaml --resume ${shellWord(folder)}`,
    ...set.map((one) => `--set ${shellWord(one)}`),
  ].join(' ');
const here = (names: readonly string[]) => (names.length === 0 ? '' : ` (here: ${list(names)})`);

/** A name to write instead, and the line that installs it where it is not yet there. */
const useAfter = (install: string | undefined, name: string): string =>
  install === undefined ? `use: '${name}'` : `${install}, then use: '${name}'`;

/** The errors of the runner. Those of one manifest are gathered in a `ManifestError`. */
export const errors = defineErrors({
  'manifest-unreadable': {
    exit: 2,
    title: 'The manifest cannot be read.',
    found: ({ found }: { found: string; nearest?: string | undefined }) => found,
    expected: () => 'a YAML file in UTF-8 of at most 256 KiB',
    remedy: ({ nearest }: { nearest?: string | undefined }) => nearest ?? 'counterweight run path/to/manifest.yaml',
  },
  'manifest-empty': {
    exit: 2,
    title: 'The manifest is empty.',
    found: () => 'no section',
    expected: () => 'the sections data, model and loss',
    remedy: () => "data: { use: '@counterweight/data-images', images: ./images, labels: ./labels.csv }",
  },
  'manifest-syntax': {
    exit: 2,
    title: 'The manifest is not valid YAML.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'one YAML document',
    remedy: ({ found }: { found: string }) =>
      found.includes('reserved character @')
        ? "quotes around a name that begins with @: use: '@SCOPE/NAME'"
        : 'look at that line and the one above: indentation, a missing colon, quote or bracket',
  },
  'duplicate-key': {
    exit: 2,
    title: 'A key occurs twice in one mapping.',
    found: ({ key }: { key: string }) => `${key}, again`,
    expected: () => 'every key once',
    remedy: () => 'remove one of the two',
  },
  'unknown-key': {
    exit: 2,
    title: 'There is no such key here.',
    found: ({ key }: { key: string; known: readonly string[]; nearest: string | undefined }) => key,
    expected: ({ known }: { known: readonly string[] }) => (known.length === 0 ? 'no key' : `one of ${list(known)}`),
    remedy: ({ nearest }: { nearest: string | undefined }) => nearest ?? 'remove it',
  },
  'missing-key': {
    exit: 2,
    title: 'Something required is missing.',
    found: ({ key }: { key: string; expected: string; remedy?: string | undefined }) => `no ${key}`,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: ({ key, remedy }: { key: string; remedy?: string | undefined }) => remedy ?? `add ${key}: …`,
  },
  'wrong-type': {
    exit: 2,
    title: 'A value is of the wrong type.',
    found: ({ found }: { found: string; expected: string; remedy?: string | undefined }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: ({ remedy }: { remedy?: string | undefined }) =>
      remedy ?? 'write that, or leave it out where it has a default',
  },
  'out-of-range': {
    exit: 2,
    title: 'A value is out of its range.',
    found: ({ found }: { found: string; expected: string; nearest: string | undefined }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: ({ nearest }: { nearest: string | undefined }) => nearest ?? 'leave it out for the default',
  },
  'unknown-choice': {
    exit: 2,
    title: 'A value is none of the choices.',
    found: ({ found }: { found: string; choices: readonly string[]; nearest: string | undefined }) => found,
    expected: ({ choices }: { choices: readonly string[] }) => `one of ${list(choices)}`,
    remedy: ({ choices, nearest }: { choices: readonly string[]; nearest: string | undefined }) =>
      nearest ?? choices[0] ?? 'remove it',
  },
  'invalid-value': {
    exit: 2,
    title: 'A value is not allowed.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'write what is expected, or leave it out where it has a default',
  },
  'missing-file': {
    exit: 2,
    title: 'A file that the manifest names does not exist.',
    found: ({ path }: { path: string; kind: 'file' | 'folder'; found: string; nearest: string | undefined }) =>
      `no ${path}`,
    expected: ({ kind, found }: { kind: 'file' | 'folder'; found: string }) => `a ${kind}${found}`,
    remedy: ({ nearest }: { nearest: string | undefined }) => nearest ?? 'paths start from the folder of the manifest',
  },
  'override-invalid': {
    exit: 2,
    title: 'An override cannot be applied.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'KEY.KEY=VALUE, the value in YAML',
    remedy: () => '--set training.epochs=3',
  },
  'plugin-not-a-name': {
    exit: 2,
    title: 'A plugin is named by its package, never by a path or a URL: a manifest runs only what is installed.',
    found: ({ use }: { use: string; nearest: string | undefined; install: string | undefined }) => use,
    expected: () => "an installed package's name, or PACKAGE#NAME where it exports several plugins",
    remedy: ({ nearest, install }: { nearest: string | undefined; install: string | undefined }) =>
      nearest === undefined ? 'npm install FOLDER, then the name in its package.json' : useAfter(install, nearest),
  },
  'unknown-plugin': {
    exit: 2,
    title: 'A plugin is not installed.',
    found: ({
      use,
    }: {
      use: string;
      package: string;
      kind: string;
      installed: readonly string[];
      nearest: string | undefined;
      install: string | undefined;
    }) => use,
    expected: ({ kind, installed }: { kind: string; installed: readonly string[] }) =>
      `an installed ${kind}${here(installed)}`,
    remedy: ({ nearest, install }: { nearest: string | undefined; install: string | undefined }) =>
      nearest === undefined ? (install ?? 'counterweight plugins, for what is installed') : useAfter(install, nearest),
  },
  'plugin-kind': {
    exit: 2,
    title: 'A plugin is of another kind.',
    found: ({
      use,
      kind,
    }: {
      use: string;
      kind: string;
      wanted: string;
      installed: readonly string[];
      section: string | undefined;
    }) => `${use} is a ${kind}`,
    expected: ({ wanted, installed }: { wanted: string; installed: readonly string[] }) =>
      `a ${wanted}${here(installed)}`,
    remedy: ({ kind, section }: { kind: string; section: string | undefined }) =>
      section === undefined ? 'replace it' : `a ${kind} stands in the section ${section}`,
  },
  'plugin-ambiguous': {
    exit: 2,
    title: 'A name does not say which plugin of a package is meant.',
    found: ({ use }: { use: string; names: readonly string[]; nearest: string | undefined }) => use,
    expected: ({ names }: { names: readonly string[] }) => `one of ${list(names)}`,
    remedy: ({ names, nearest }: { names: readonly string[]; nearest: string | undefined }) =>
      `use: '${nearest ?? names[0] ?? ''}'`,
  },
  'plugin-unresolvable': {
    exit: 4,
    title: 'A package is installed and cannot be imported.',
    found: ({ use, folder, message }: { use: string; folder: string; message: string }) =>
      `${use} in ${folder}: ${message}`,
    expected: () => 'a package.json whose `exports` leads to a JavaScript module that is there',
    remedy: ({ use }: { use: string }) => `install ${use} again, or build it; its author: "exports": "./index.js"`,
  },
  'plugin-invalid': {
    exit: 4,
    title: 'A package exports no plugin.',
    found: ({ use, path, found }: { use: string; path: string; found: string }) => `${use} (${path}): ${found}`,
    expected: () => 'a default export made by definePlugin, or an array of them',
    remedy: () => 'use: the name of a plugin package; its author: `export default definePlugin({ … })`',
  },
  'plugin-contract': {
    exit: 4,
    title: 'A plugin was made for another version of the contract.',
    found: ({
      use,
      version,
      contract,
    }: {
      use: string;
      version: string;
      contract: unknown;
      own: number;
      runner: string;
      remedy: string;
    }) => `${use} ${version} with contract ${String(contract)}`,
    expected: ({ own, runner }: { own: number; runner: string }) =>
      `contract ${String(own)}, that of @counterweight/runner ${runner}`,
    remedy: ({ remedy }: { remedy: string }) => remedy,
  },
  'plugin-never-answers': {
    exit: 4,
    title: 'A plugin never answered.',
    found: ({ use, doing }: { use: string; doing: string }) =>
      `${use}, ${doing}: its promise has not settled, and nothing is left in the process that could settle it`,
    expected: () => 'a promise that settles',
    remedy: () => 'take another plugin, or tell its author; the run goes on from its last checkpoint with --resume',
  },
  'plugin-dependency': {
    exit: 4,
    title: 'A plugin asks for something that does not exist at this point.',
    found: ({ use, token }: { use: string; token: string }) => `${use} injects ${token}`,
    expected: () =>
      'a dataset asks for RANDOM, LOGGER, BASE_FOLDER, CACHE_FOLDER; the rest also for DATASET and LABEL_STATISTICS; a model also for INPUT, a callback for RUN_FOLDER',
    remedy: () => 'take another plugin, or tell its author: `inject` names what does not exist yet',
  },
  'two-copies': {
    exit: 4,
    title: 'A package that must be loaded once is there twice.',
    found: ({
      name,
      plugin,
      copies: [ours, theirs],
      isDependency,
    }: {
      name: string;
      plugin: string;
      copies: readonly [Copy, Copy];
      isDependency: boolean;
      remedy: string;
    }) =>
      `${name} ${ours.version} in ${ours.path}, of the command\n${name} ${theirs.version} in ${theirs.path}, of ${plugin}${isDependency ? ', which has it among its dependencies' : ''}`,
    expected: () => 'one copy: a peer dependency of every plugin',
    remedy: ({ remedy }: { remedy: string }) => remedy,
  },
  'several-miners': {
    exit: 2,
    title: 'Two samplers mine.',
    found: ({ names }: { names: readonly string[] }) => list(names),
    expected: () => 'any number of samplers that draw, at most one that mines',
    remedy: () => 'remove one',
  },
  'weights-table': {
    exit: 3,
    title: 'A table of class weights does not fit the classes.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'a CSV with the columns class,weight and every class once, weights finite and at least 0',
    remedy: () => 'the classes, in order, are the first column of per-class.csv of any run on these data',
  },
  'run-in-use': {
    exit: 2,
    title: 'Another process is at work in this run folder.',
    found: ({ folder, process }: { folder: string; process: number; lock: string }) => `${folder}, process ${process}`,
    expected: () => 'one process a run',
    remedy: ({ lock }: { lock: string }) => `wait for it or stop it; if it is no run of ours, remove ${lock}`,
  },
  'run-record-invalid': {
    exit: 3,
    title: 'A file of the run folder cannot be read.',
    found: ({ message }: { message: string }) => message,
    expected: () => 'the file as a run wrote it',
    remedy: () => 'put it back from a copy, or start the run again in another folder',
  },
  'resume-manifest-changed': {
    exit: 2,
    title: 'The manifest is not the one that the run began with.',
    found: ({
      changes,
    }: {
      folder: string;
      changes: readonly { readonly key: string; readonly before: string; readonly after: string }[];
      set: readonly string[];
      inCode: boolean;
    }) => changes.map(({ key, before, after }) => `${key}: ${before} then, ${after} now`).join('\n'),
    expected: () => 'equal settings, but for training.checkpoint and callbacks',
    remedy: ({ folder, set, inCode }: { folder: string; set: readonly string[]; inCode: boolean }) =>
      inCode
        ? `the description as it was (manifest.yaml in ${folder} tells it), or a new run without resume`
        : `${resumeWith(folder, set)} with the manifest as it was (a copy is in the run's folder), or a new run without --resume`,
  },
  'resume-data-changed': {
    exit: 3,
    title: 'The data are not those that the run began with.',
    found: ({ now }: { folder: string; before: string; now: string }) => `fingerprint ${now}`,
    expected: ({ before }: { before: string }) => `fingerprint ${before}: the same inputs, labels, classes and splits`,
    remedy: () => 'put the data back as they were, or start a new run without --resume',
  },
  'resume-manifest-unknown': {
    exit: 2,
    title: 'The manifest of a run to resume is not where it was.',
    found: ({ file }: { folder: string; file: string; set: readonly string[] }) => `no ${file}`,
    expected: () => 'the file that the run was started with: its paths start from there',
    remedy: ({ folder, set }: { folder: string; set: readonly string[] }) => resumeWith(folder, set),
  },
  'resume-in-code': {
    exit: 2,
    title: 'The run was described in code, and goes on from there.',
    found: ({ folder }: { folder: string }) => `a run of createRun in ${folder}`,
    expected: () => 'a run of a manifest',
    remedy: ({ folder }: { folder: string }) =>
      `run(await createRun(…), { resume: ${JSON.stringify(folder)}, logger: console }), in the program that began it`,
  },
  'plugin-in-code': {
    exit: 2,
    title: 'The run has a plugin that was given to it in code.',
    found: ({ use, kind }: { use: string; kind: string }) => `${use}, a ${kind} that no installed package exports`,
    expected: () => 'the plugin as a value, from the program that has it',
    remedy: ({ use }: { use: string }) =>
      `predict(folder, inputs, { plugins: [${/^[A-Za-z_$][\w$]*$/.test(use) ? use : 'mine'}], … }); a plugin of a package needs none`,
  },
  'nothing-to-resume': {
    exit: 2,
    title: 'There is no run to resume.',
    found: ({ folder }: { folder: string }) => `no run in ${folder}`,
    expected: () => 'the folder of a run',
    remedy: ({ folder }: { folder: string }) => `${resumeWith(folder, [])} starts one there`,
  },
  'checkpoints-damaged': {
    exit: 3,
    title: 'No checkpoint of the run can be used.',
    found: ({ refused }: { folder: string; refused: readonly { readonly file: string; readonly why: string }[] }) =>
      refused.map(({ file, why }) => `${file}: ${why}`).join('\n'),
    expected: () => 'one whole checkpoint',
    remedy: ({ folder }: { folder: string }) =>
      `put one back from a copy; or move ${folder} away: the run then starts again at its beginning`,
  },
  'out-not-empty': {
    exit: 2,
    title: 'The folder for the run is not empty.',
    found: ({ folder }: { folder: string }) => folder,
    expected: () => 'a folder that is empty or does not exist; a run never overwrites',
    remedy: () => '--out ANOTHER_FOLDER',
  },
  'out-unwritable': {
    exit: 2,
    title: 'Output cannot be written there.',
    found: ({ path, message }: { path: string; message: string }) => `${path}: ${message}`,
    remedy: ({ message }: { message: string }) =>
      message.startsWith('ENOSPC')
        ? 'free space on that disk, then resume'
        : message.startsWith('EROFS')
          ? 'make that disk writable, then resume; or --out A_PLACE_YOU_MAY_WRITE'
          : '--out A_PLACE_YOU_MAY_WRITE',
  },
  'checkpoint-unwritable': {
    exit: 2,
    title: 'A checkpoint cannot be written. Those before it are as they were.',
    found: ({ folder, message, free }: { folder: string; message: string; code: string; free?: number | undefined }) =>
      `${folder}: ${message}${free === undefined ? '' : `; ${megabytes(free)} are free`}`,
    expected: () => 'a folder that may be written, on a disk with room for two checkpoints',
    remedy: ({ code, folder }: { code: string; folder: string }) =>
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'free space on that disk, then resume the run'
        : `make ${folder} writable (its disk too), then resume the run`,
  },
  'state-file-invalid': {
    exit: 3,
    title: 'A file of saved state cannot be used.',
    found: ({ file, why }: { file: string; why: string }) => `${file}: ${why}`,
    expected: () => 'the file as the run wrote it: safetensors with F32, F64, I32 or U8, every byte accounted for',
    remedy: () => 'restore it from a copy, or resume the run: it writes the file again',
  },
  'state-name-invalid': {
    exit: 4,
    title: 'A part of the state has a name that cannot be saved.',
    found: ({ name }: { name: string }) => JSON.stringify(name),
    expected: () => 'names that differ, none of them __metadata__ or __proto__',
    remedy: () => 'take another plugin, or tell its author: names of parameters and of saved state must be their own',
  },
  'run-not-finished': {
    exit: 2,
    title: 'The run has no model: it has not come to its end.',
    found: ({ folder, file }: { folder: string; file: string }) => `no ${file} in ${folder}`,
    expected: () => 'a run that came to its end',
    remedy: ({ folder }: { folder: string }) => `counterweight run --resume ${shellWord(folder)}`,
  },
  'inputs-missing': {
    exit: 2,
    title: 'There is nothing to predict there.',
    found: ({ path, message }: { path: string; message: string }) => `${path}: ${message}`,
    expected: () => 'a folder or a list of inputs like those that the run was trained on',
    remedy: () => 'counterweight predict RUN path/to/images',
  },
  'inputs-not-supported': {
    exit: 4,
    title: 'The plugin of the data cannot read inputs without labels.',
    found: ({ use }: { use: string; package: string }) => use,
    expected: () => 'a data plugin with `inputs`',
    remedy: ({ package: name }: { package: string }) =>
      `npm install ${name}@latest; or tell its author: \`inputs(options, { path, input, logger })\` beside \`create\``,
  },
  'model-needs-training-data': {
    exit: 4,
    title: 'The plugin of the model asks for the training data, which are not there when it predicts.',
    found: ({ use, token }: { use: string; token: string }) => `${use} injects ${token}`,
    expected: () => 'a model that asks for INPUT, RANDOM, LOGGER, BASE_FOLDER, CACHE_FOLDER at most',
    remedy: () => 'use the network in model/ with tfjs; or tell the author of the plugin',
  },
  'recorded-options-refused': {
    exit: 4,
    title: 'An installed plugin does not take the options that the run recorded.',
    found: ({ use, key, message }: { use: string; key: string; message: string; package: string; recorded: string }) =>
      `${use}, ${key}: ${message}`,
    expected: ({ recorded }: { recorded: string }) => `the plugin as the run had it: version ${recorded}`,
    remedy: ({ package: name, recorded }: { package: string; recorded: string }) => `npm install ${name}@${recorded}`,
  },
  'prediction-not-finite': {
    exit: 3,
    title: 'The model has no finite answer for an input.',
    found: ({ input }: { input: string }) => JSON.stringify(input),
    expected: () => 'inputs without NaN and infinities, and a model that was not damaged',
    remedy: () => 'look at that input, or leave it out',
  },
});
