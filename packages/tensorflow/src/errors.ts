import { defineErrors } from '@counterweight/core';

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const again = 'npx counterweight engine install';
const offline = `fetch the wheel elsewhere, then ${again} --from FILE`;

/** What people on machines without an engine use instead. */
function elsewhere(platform: string): string {
  if (platform.startsWith('win32'))
    return 'use the Windows Subsystem for Linux (wsl --install, then Node and this command inside it), or a Linux container';
  if (platform.includes('musl'))
    return 'TensorFlow needs glibc: use a system that has it (for containers node:22-slim instead of node:22-alpine)';
  if (platform.endsWith('-gpu')) return 'leave the GPU out (--device cpu), or use a machine of such a kind';
  if (platform === 'darwin-x64') return 'use a Linux container or machine, or a Mac with an Apple processor';
  return 'use a machine or container of such a kind';
}

/** What can go wrong with installing or loading the native engine. */
export const errors = defineErrors({
  'engine-missing': {
    exit: 5,
    title: 'The TensorFlow engine is not installed.',
    found: ({ folder }: { folder: string; device: 'cpu' | 'gpu' }) => `no complete engine in ${folder}`,
    remedy: ({ device }: { folder: string; device: 'cpu' | 'gpu' }) =>
      device === 'gpu' ? `${again} --device gpu` : `${again} (in a clone of the repository: npm run setup)`,
  },
  'engine-platform-unsupported': {
    exit: 5,
    title: 'There is no TensorFlow engine for this kind of machine.',
    found: ({ platform }: { platform: string; supported: readonly string[] }) => platform,
    expected: ({ supported }: { platform: string; supported: readonly string[] }) => supported.join(' or '),
    remedy: ({ platform }: { platform: string; supported: readonly string[] }) => elsewhere(platform),
  },
  'engine-node-too-old': {
    exit: 5,
    title: 'Node is too old for the TensorFlow engine.',
    found: ({ version }: { version: string; needed: string }) => `Node ${version}`,
    expected: ({ needed }: { version: string; needed: string }) => `Node ${needed} or newer`,
    remedy: () => 'install a current Node and run the command again',
  },
  'engine-processor-too-old': {
    exit: 5,
    title: 'The processor lacks instructions that TensorFlow was compiled for.',
    found: ({ lacking }: { lacking: readonly string[] }) => `no ${lacking.join(', ')} in /proc/cpuinfo`,
    expected: () => 'an x86-64 processor with AVX',
    remedy: () => 'use another machine, or give the virtual machine its host’s processor model',
  },
  'engine-compiler-missing': {
    exit: 5,
    title: 'A C++ compiler is needed once, to build the binding between Node and TensorFlow.',
    found: ({ tried, prebuilt }: { tried: readonly string[]; prebuilt: string }) =>
      `none of ${tried.join(', ')} runs; prebuilt modules: ${prebuilt}`,
    expected: () => 'a C++17 compiler, or prebuilt modules that this machine can load',
    remedy: () =>
      `install one (Debian, Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install) or set CXX, then ${again}`,
  },
  'engine-compilation-failed': {
    exit: 5,
    title: 'The binding between Node and TensorFlow did not compile.',
    found: ({ command, output }: { command: string; output: string }) => `${command}\n${output}`,
    expected: () => 'a C++17 compiler with its standard library',
    remedy: () => `set CXX to another compiler (GCC 9 or Clang 10 and newer), then ${again}`,
  },
  'engine-index-unknown': {
    exit: 5,
    title: 'Nothing says where Python wheels come from.',
    found: ({ forbidden }: { forbidden: boolean }) =>
      forbidden
        ? 'pip is told to ask no index (PIP_NO_INDEX, or no-index in its configuration), and no folder of PIP_FIND_LINKS has the wheel'
        : 'no PIP_INDEX_URL, no UV_DEFAULT_INDEX, no pip configuration file with an index-url, and no pip to ask',
    remedy: () => `${again} --index URL (a Python package index), or ${again} --from FILE (a wheel)`,
  },
  'engine-address-invalid': {
    exit: 5,
    title: 'What is to be asked for wheels has no address that can be used.',
    found: ({ what, value }: { what: 'index' | 'proxy'; value: string }) =>
      `${what}: ${value === '' ? 'empty' : value}`,
    expected: () => 'a URL that begins with http:// or https://',
    remedy: ({ what }: { what: 'index' | 'proxy'; value: string }) =>
      what === 'index'
        ? `${again} --index URL`
        : `set HTTPS_PROXY, HTTP_PROXY or PIP_PROXY to http://HOST:PORT or to nothing, then ${again}`,
  },
  'engine-wheel-not-offered': {
    exit: 5,
    title: 'The Python package index does not offer the wheel that is pinned.',
    found: ({ indexes }: { file: string; indexes: readonly string[] }) => `searched ${indexes.join(', ')}`,
    expected: ({ file }: { file: string; indexes: readonly string[] }) => file,
    remedy: () => `${again} --index URL (another index), or ${offline}`,
  },
  'engine-download-failed': {
    exit: 5,
    title: 'A download did not succeed.',
    found: ({ url, reason }: { url: string; reason: string }) => `${reason} from ${url}`,
    remedy: () =>
      `check the network, proxies (HTTPS_PROXY, NO_PROXY) and certificates (PIP_CERT), then ${again}; or ${offline}`,
  },
  'engine-wheel-damaged': {
    exit: 5,
    title: 'What arrived is not what engine.lock.json pins.',
    found: ({ name, found }: { name: string; found: string; expected: string }) => `${name}: ${found}`,
    expected: ({ expected }: { name: string; found: string; expected: string }) => expected,
    remedy: () => `${again}; if it happens again, the mirror or proxy changes files: use another with --index URL`,
  },
  'engine-wheel-missing': {
    exit: 5,
    title: 'The wheel to install from cannot be read.',
    found: ({ file, reason }: { file: string; reason: string }) => `${file} (${reason})`,
    expected: () => 'the path of a downloaded wheel',
    remedy: () => `${again} --from FILE, with the right path; or ${again}, which downloads it`,
  },
  'engine-disk-full': {
    exit: 5,
    title: 'There is too little room for the TensorFlow engine.',
    found: ({ free, folder }: { free: number; needed: number; folder: string }) =>
      `${gigabytes(free)} free in ${folder}`,
    expected: ({ needed }: { free: number; needed: number; folder: string }) => `${gigabytes(needed)} while installing`,
    remedy: () => 'free some room, or set COUNTERWEIGHT_CACHE to a folder on another disk',
  },
  'engine-cache-unwritable': {
    exit: 5,
    title: 'The folder for the TensorFlow engine cannot be written.',
    found: ({ folder, reason }: { folder: string; reason: string }) => `${folder} (${reason})`,
    remedy: () => 'set COUNTERWEIGHT_CACHE to a folder that you may write',
  },
  'engine-load-failed': {
    exit: 5,
    title: 'The TensorFlow engine is installed but does not load.',
    found: ({ reason }: { reason: string; folder: string }) => reason,
    remedy: ({ folder }: { reason: string; folder: string }) => `remove ${folder}, then ${again}`,
  },
  'gpu-unusable': {
    exit: 5,
    title: 'A GPU was asked for, and there is none that can be used.',
    found: ({ found }: { found: string; needed: string; remedy: string }) => found,
    expected: ({ needed }: { found: string; needed: string; remedy: string }) => needed,
    remedy: ({ remedy }: { found: string; needed: string; remedy: string }) =>
      `${remedy}; counterweight doctor tells more, --device cpu does without`,
  },
  'gpu-not-taken': {
    exit: 5,
    title: 'TensorFlow does not compute on the GPU.',
    found: ({ card, words }: { card: string; words: string }) => `${card}; TensorFlow says: ${words}`,
    expected: () => 'its operations on the GPU',
    remedy: () => 'counterweight doctor, which compares what is needed; or --device cpu',
  },
  'engine-other-device': {
    exit: 5,
    title: 'This process has already loaded the engine for another device.',
    found: ({ loaded }: { loaded: string; asked: string }) => `it computes on the ${loaded}`,
    expected: ({ asked }: { loaded: string; asked: string }) => `the ${asked}`,
    remedy: () => 'choose the device when the engine is first loaded, or start another process',
  },
});
