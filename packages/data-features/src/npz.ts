import { count } from '@counterweight/label-table';
import type { Entry } from 'yauzl';

import { collectBytes } from './collect.js';
import { errors } from './errors.js';
import type { Matrix } from './matrix.js';
import { readNpy } from './npy.js';
import type { Region } from './region.js';
import { checkSize } from './size.js';
import { isStored, openArchive, packedRegion, unpack } from './zip.js';

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
    const archive = await openArchive(region);
    const member = choose(archive.members, array);
    checkSize(region.size, member.uncompressedSize);
    inner = await packedRegion(archive, member);
    inPlace = isStored(member);
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

function choose(members: readonly Entry[], array: string | undefined): Entry {
  const arrays = members.filter(({ fileName }) => fileName.endsWith('.npy'));
  const names = arrays.map(({ fileName }) => fileName.slice(0, -'.npy'.length));
  if (arrays.length === 0)
    throw errors['npz-invalid']({
      found: `${count(members.length, 'file')}, none of them .npy`,
      expected: 'an archive written by np.savez',
    });
  const index = array === undefined ? (arrays.length === 1 ? 0 : -1) : names.indexOf(array);
  if (index < 0) throw errors['npz-array-unknown']({ array, names });
  return arrays[index]!;
}
