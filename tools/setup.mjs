// Prepares a clone, and brings it up to date: dependencies, the vendored backend, the build, TensorFlow's engine. Runs before there are
// any dependencies, so it needs none. What is up to date is left alone. Options:
//   --no-engine   all but the engine          --quiet            say nothing when there is nothing to do
//   --index URL   where wheels come from      --from FILE        a wheel at hand
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED_NODE = [20, 19];
const DEPENDENCIES_BYTES = 0.8e9;
const STALE_LOCK_MS = 60_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...names) => join(root, ...names);
const state = at('.cache', 'setup');
const option = (name) => process.argv.includes(name);
const valueOf = (name) => (option(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);

/** An error whose message is all that a user needs. */
class SetupError extends Error {}

const started = Date.now();
let said = false;
function say(text) {
  said = true;
  console.error(`setup  ${text}`);
}

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor < NEEDED_NODE[1]))
    throw new SetupError(`Node ${NEEDED_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
  process.chdir(root);
  if (await isReady()) {
    if (!option('--quiet')) say('nothing to do');
    return;
  }
  const release = await acquireLock(join(state, 'lock'));
  try {
    if (!hasDependencies()) await installDependencies();
    if (!isBundled()) await bundle();
    if (!isBuilt()) await build();
    if (!option('--no-engine') && !(await findEngine())) await installEngine();
  } finally {
    release();
  }
  if (said) say(`ready after ${seconds(Date.now() - started)}`);
}

const isReady = async () =>
  hasDependencies() && isBundled() && isBuilt() && (option('--no-engine') || (await findEngine()));

// --- dependencies: what npm says is installed, beside what the lock file wants ---

function hasDependencies() {
  const [wanted, installed] = [readJson('package-lock.json'), readJson('node_modules/.package-lock.json')];
  if (installed === undefined) return false;
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = installed.packages[path];
    if (found === undefined) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return found.version === entry.version && found.integrity === entry.integrity && fs.existsSync(at(path));
  });
}

async function installDependencies() {
  const free = freeBytes(root);
  if (free < DEPENDENCIES_BYTES && !fs.existsSync(at('node_modules')))
    throw new SetupError(
      `Too little room: ${gigabytes(free)} free in ${root}, ${gigabytes(DEPENDENCIES_BYTES)} needed.`,
    );
  say('installing dependencies (npm ci, about half a minute)');
  const npm = process.env.npm_execpath;
  const [program, first] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []];
  const { status, output } = await run(program, [
    ...first,
    'ci',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-progress',
  ]);
  if (status === undefined) throw new SetupError('npm is needed and was not found: it comes with Node.');
  if (status === 0) return;
  const reason = output.includes('ENOSPC')
    ? 'there is too little room on the disk.'
    : /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/.test(output)
      ? 'its registry could not be reached: check the network, proxies and `npm config get registry`.'
      : 'its own words are:';
  const lines = output.split('\n').filter((line) => !/^npm error(\s+at .*|\s*)$/.test(line));
  throw new SetupError(`npm ci failed: ${reason}\n${lines.slice(-15).join('\n').trim()}`);
}

// --- the vendored backend ---

const bundleSources = ['vendor.mjs', 'vendor-entry.mjs', 'NOTICE'].map((name) => `packages/tensorflow/${name}`);
const bundleHash = () => hashOf([...bundleSources, 'node_modules/@tensorflow/tfjs-node-gpu/package.json'], contents);
const isBundled = () => fs.existsSync(at('packages/tensorflow/vendor/NOTICE')) && isStamped('bundle', bundleHash());

async function bundle() {
  say('bundling the TensorFlow backend');
  const hash = bundleHash();
  await step('the bundle', [at('packages/tensorflow/vendor.mjs')]);
  stamp('bundle', hash);
}

// --- the build ---

const buildHash = () =>
  hashOf(
    [
      ...workspaces().flatMap((folder) => [
        ...filesBelow(`${folder}/src`),
        `${folder}/tsconfig.json`,
        `${folder}/package.json`,
      ]),
      'tsconfig.base.json',
      'tsconfig.json',
      'package-lock.json',
      'vitest.config.ts',
    ],
    (file) => {
      const { size, mtimeMs } = fs.statSync(at(file));
      return `${size} ${mtimeMs}`;
    },
  );
const isBuilt = () =>
  workspaces().every((folder) => fs.existsSync(at(folder, 'dist', 'tsconfig.tsbuildinfo'))) &&
  isStamped('build', buildHash());

/** Two projects see every package, and TypeScript knows no pattern for that: a new folder is written into both here. */
function writeReferences() {
  for (const [file, to, more] of [
    ['tsconfig.json', 'packages', ['tools']],
    ['tools/tsconfig.json', '../packages', []],
  ]) {
    const packages = workspaces().flatMap((folder) =>
      folder.startsWith('packages/') ? [folder.replace('packages', to)] : [],
    );
    const references = [...packages, ...more].map((path) => `    {\n      "path": "${path}"\n    }`).join(',\n');
    const text = fs.readFileSync(at(file), 'utf8');
    const wanted = text.replace(/"references": \[[^\]]*\]/, `"references": [\n${references}\n  ]`);
    if (wanted !== text) fs.writeFileSync(at(file), wanted);
  }
}

/** TypeScript leaves what it built from a source that is gone or no longer meant for a package, and npm would publish it. */
function removeStale() {
  for (const folder of workspaces().filter((name) => name.startsWith('packages/')))
    for (const file of filesBelow(`${folder}/dist`)) {
      const source = file.replace('/dist/', '/src/').replace(/(\.d\.ts|\.js)(\.map)?$/, '');
      const isGone = source !== file && !['.ts', '.js'].some((extension) => fs.existsSync(at(`${source}${extension}`)));
      if (isGone || file.includes('/dist/fixtures/')) fs.rmSync(at(file));
    }
}

async function build() {
  say('building (tsc -b)');
  writeReferences();
  removeStale();
  const hash = buildHash();
  await step('the build', [at('node_modules/typescript/bin/tsc'), '-b']);
  stamp('build', hash);
}

const workspaces = () => [
  ...fs
    .readdirSync(at('packages'))
    .sort()
    .flatMap((name) => (fs.existsSync(at('packages', name, 'package.json')) ? [`packages/${name}`] : [])),
  'tools',
];

// --- the engine: the tensorflow package's own installer ---

const built = (name) => import(pathToFileURL(at('packages/tensorflow/dist', name)).href);
const findEngine = async () => (await built('cache.js')).findEngine() !== undefined;

async function installEngine() {
  const { installEngine } = await built('install.js');
  say('installing the TensorFlow engine (274 MB to fetch, 0.9 GB on disk, shared by all projects)');
  const [index, from] = [valueOf('--index'), valueOf('--from')];
  const { folder } = await installEngine({
    ...(index !== undefined && { index }),
    ...(from !== undefined && { from }),
    onProgress: progressLines(),
  });
  say(`the engine is in ${folder}`);
}

function progressLines() {
  let shown = '';
  return ({ phase, done, total }) => {
    const line = `  ${phase}${total === undefined ? '' : ` ${Math.floor((4 * done) / total) * 25} %`}`;
    if (line !== shown) say(line);
    shown = line;
  };
}

// --- one at a time in one clone ---

async function acquireLock(file) {
  fs.mkdirSync(dirname(file), { recursive: true });
  const mine = `${hostname()} ${process.pid}`;
  for (let waiting = false; ;) {
    try {
      fs.writeFileSync(file, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(file)) fs.rmSync(file, { force: true });
    else {
      if (!waiting) say('waiting for another setup of this clone');
      waiting = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  // Alive as long as the file is touched: process numbers say nothing across containers.
  const beat = setInterval(() => fs.utimesSync(file, new Date(), new Date()), STALE_LOCK_MS / 10);
  const release = () => {
    clearInterval(beat);
    fs.rmSync(file, { force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      running?.kill(signal);
      release();
      process.exit(130);
    });
  return release;
}

function isAbandoned(file) {
  try {
    const [host, pid] = fs.readFileSync(file, 'utf8').split(' ');
    if (Date.now() - fs.statSync(file).mtimeMs > STALE_LOCK_MS) return true;
    if (host !== hostname() || pid === undefined) return false;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

// --- small parts ---

/** Runs a Node script whose output is the user's business only when it fails. */
async function step(what, args) {
  const { status, output } = await run(process.execPath, args);
  if (status !== 0) throw new SetupError(`${what} failed:\n${output.trim()}`);
}

let running;

function run(program, args) {
  return new Promise((resolve) => {
    const child = (running = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', () => resolve({ status: undefined, output }));
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

function readJson(name) {
  try {
    return JSON.parse(fs.readFileSync(at(name), 'utf8'));
  } catch {
    return undefined;
  }
}

function filesBelow(folder) {
  if (!fs.existsSync(at(folder))) return [];
  return fs
    .readdirSync(at(folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]));
}

const contents = (file) => fs.readFileSync(at(file));

function hashOf(files, of) {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(file).update(fs.existsSync(at(file)) ? of(file) : 'absent');
  return hash.digest('hex');
}

const isStamped = (name, hash) =>
  fs.existsSync(join(state, name)) && fs.readFileSync(join(state, name), 'utf8') === hash;

const stamp = (name, hash) => fs.writeFileSync(join(state, name), hash);

function freeBytes(folder) {
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

main().catch((error) => {
  const explained = error instanceof SetupError || error?.name === 'CounterweightError';
  console.error(explained ? `\n${error.message}` : error);
  process.exitCode = error?.exit ?? 1;
});
