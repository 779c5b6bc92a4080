// Writes this package's engine.lock.json entry of a platform from a wheel: node lock.mjs PLATFORM PROJECT VERSION WHEEL
// (after a build; format it afterwards). What is pinned: the wheel, and the members that the engine needs.
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { readZip, unpackMember } from './dist/zip.js';

const [platform, project, version, wheel] = process.argv.slice(2);
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

const members = await readZip(wheel);
const places = [
  ...[...members.keys()].flatMap((path) => {
    const name = library.exec(path)?.[1];
    return name === undefined ? [] : [{ path, to: `lib/${name}` }];
  }),
  ...headers.map((header) => ({ path: `tensorflow/include/${header}`, to: `include/${header}` })),
];
const temporary = mkdtempSync(join(tmpdir(), 'lock-'));
const locked = [];
for (const { path, to } of places) {
  const member = members.get(path);
  if (member === undefined) throw new Error(`${wheel} has no ${path}`);
  locked.push({ path, to, size: member.size, sha256: await unpackMember(wheel, member, join(temporary, 'member')) });
}
rmSync(temporary, { recursive: true });

const hash = createHash('sha256');
await pipeline(createReadStream(wheel), hash);
const file = new URL('engine.lock.json', import.meta.url);
let lock = {};
try {
  lock = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  console.error('a new engine.lock.json');
}
lock[platform] = {
  version,
  wheels: [{ project, file: basename(wheel), size: statSync(wheel).size, sha256: hash.digest('hex'), members: locked }],
  libraries: places.filter(({ path }) => library.test(path)).map(({ to }) => to),
};
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
