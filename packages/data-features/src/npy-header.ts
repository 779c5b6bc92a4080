import { errors } from './errors.js';
import type { Region } from './region.js';

/** What the header of an npy file says. */
export interface NpyHeader {
  /** `<f4`, `|b1`, …; what is not plain numbers is kept as it stands. */
  readonly dtype: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the values begin, in bytes. */
  readonly start: number;
}

/** As numpy's own limit. */
const longestHeader = 10_000;
const expected = "an npy header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";

/**
 * Reads the header of an npy file, versions 1 to 3. The Python literal in it is parsed, never evaluated.
 * @throws npy-invalid
 * @source numpy.lib.format (NEP 1)
 */
export async function readNpyHeader(region: Region): Promise<NpyHeader> {
  const read = async (position: number, length: number): Promise<Buffer> => {
    if (position + length > region.size)
      throw errors['npy-invalid']({ found: `${region.size} bytes`, expected: `${position + length} or more` });
    const bytes = Buffer.alloc(length);
    await region.read(position, bytes);
    return bytes;
  };
  const magic = await read(0, 8);
  if (magic.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw errors['npy-invalid']({ found: 'other first bytes', expected: 'the first bytes \\x93NUMPY' });
  const version = magic[6]!;
  if (version < 1 || version > 3)
    throw errors['npy-invalid']({ found: `format version ${version}`, expected: 'format version 1, 2 or 3' });
  const width = version === 1 ? 2 : 4;
  const length = (await read(8, width)).readUIntLE(0, width);
  if (length > longestHeader)
    throw errors['npy-invalid']({ found: `a header of ${length} bytes`, expected: `at most ${longestHeader}` });
  const text = (await read(8 + width, length)).toString(version === 3 ? 'utf8' : 'latin1');
  return { ...parseHeader(text), start: 8 + width + length };
}

/** One entry: a key, and a string, a truth value, a tuple or (a structured dtype) a list. */
const entry =
  /\s*(['"])(?<key>\w+)\1\s*:\s*(?:(['"])(?<text>[^'"\\]*)\3|(?<truth>True|False)\b|\((?<tuple>[^()]*)\)|(?<list>\[[^\]]*\]))\s*(?:,|(?=\}))/y;

/** The dictionary of the header: three entries in any order, each once. */
function parseHeader(text: string): Omit<NpyHeader, 'start'> {
  const fail = (): Error => errors['npy-invalid']({ found: `the header ${JSON.stringify(text.trim())}`, expected });
  const body = /^\s*\{(.*\})\s*$/s.exec(text)?.[1];
  if (body === undefined) throw fail();
  let dtype: string | undefined;
  let fortranOrder: boolean | undefined;
  let shape: readonly number[] | undefined;
  let at = 0;
  for (; ; at = entry.lastIndex) {
    entry.lastIndex = at;
    const found = entry.exec(body)?.groups;
    if (!found) break;
    const { key, text: name, truth, tuple, list } = found;
    if (key === 'descr' && dtype === undefined) dtype = name ?? list;
    else if (key === 'fortran_order' && fortranOrder === undefined && truth) fortranOrder = truth === 'True';
    else if (key === 'shape' && shape === undefined && tuple !== undefined) shape = parseShape(tuple.trim());
    else throw fail();
  }
  if (!/^\s*\}$/.test(body.slice(at)) || dtype === undefined || fortranOrder === undefined || shape === undefined)
    throw fail();
  return { dtype, fortranOrder, shape };
}

/** `3, 2`, `3,` or nothing; `3L` as Python 2 wrote it. */
function parseShape(tuple: string): readonly number[] | undefined {
  if (tuple === '') return [];
  if (!/^\d{1,15}L?(\s*,\s*\d{1,15}L?)*\s*,?$/.test(tuple)) return undefined;
  return tuple.match(/\d+/g)!.map(Number);
}
