import { collectBytes } from './collect.js';
import { errors } from './errors.js';
import type { Matrix } from './matrix.js';
import { readNpy } from './npy.js';
import type { Region } from './region.js';
import { checkSize } from './size.js';
import { memberRegion, readDirectory, unpack, type Member } from './zip.js';

/**
 * A matrix of an npz file (a zip archive of npy files). One that is stored is read where it is, a deflated one is unpacked once.
 * Takes the region over, as `readNpy` does.
 * @param array its name, needed where there are several
 * @throws npz-invalid, npz-array-unknown, features-too-large, and what `readNpy` throws
 */
export async function readNpz(region: Region, array: string | undefined, inMemory: number): Promise<Matrix> {
  let inPlace = false;
  let inner: Region;
  try {
    const member = choose(await readDirectory(region), array);
    checkSize(region.size, member.size);
    inner = await memberRegion(region, member);
    inPlace = member.method === 'stored';
    const parts = unpack(inner, member);
    // Of what is stored only the checksum is wanted: the bytes are read again where they are.
    if (inPlace) for await (const _ of parts);
    else ({ region: inner } = await collectBytes(parts, inMemory));
  } catch (error) {
    await region.close();
    throw error;
  }
  if (!inPlace) await region.close();
  return readNpy(inner, inMemory);
}

function choose(members: readonly Member[], array: string | undefined): Member {
  const arrays = members.filter(({ name }) => name.endsWith('.npy'));
  const names = arrays.map(({ name }) => name.slice(0, -'.npy'.length));
  if (arrays.length === 0)
    throw errors['npz-invalid']({
      found: `${members.length} files, none of them .npy`,
      expected: 'an archive written by np.savez',
    });
  const index = array === undefined ? (arrays.length === 1 ? 0 : -1) : names.indexOf(array);
  if (index < 0) throw errors['npz-array-unknown']({ array, names });
  return arrays[index]!;
}
