import { bytesOf, memoryMatrix, regionMatrix, type Matrix } from './matrix.js';
import { fileRegion, memoryRegion, type Region } from './region.js';
import { temporaryFile, type TemporaryFile } from './temporary-file.js';

/** Matrices up to this many bytes are held in memory, larger ones lie in a file. */
export const IN_MEMORY = 2 ** 28;

/**
 * Bytes that arrive one after the other, in memory as long as they are few, then in a temporary file.
 * @throws features-temporary-file
 */
export async function collectBytes(
  parts: AsyncIterable<Uint8Array>,
  inMemory: number,
): Promise<{ readonly region: Region; readonly bytes?: Uint8Array<ArrayBuffer> }> {
  let held: Uint8Array[] = [];
  let size = 0;
  let file: TemporaryFile | undefined;
  try {
    for await (const part of parts) {
      size += part.length;
      held.push(part);
      if (size <= inMemory) continue;
      file ??= await temporaryFile();
      for (const bytes of held) await file.append(bytes);
      held = [];
    }
  } catch (error) {
    await file?.handle.close();
    throw error;
  }
  if (file) return { region: fileRegion(file.handle, 0, size) };
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of held) {
    bytes.set(part, at);
    at += part.length;
  }
  return { region: memoryRegion(bytes), bytes };
}

/**
 * A matrix from blocks of rows that arrive one after the other; each block is fresh.
 * @param described what is known of it once all blocks have come
 * @throws features-temporary-file
 */
export async function collectMatrix(
  blocks: AsyncIterable<Float32Array>,
  inMemory: number,
  described: () => { readonly columns: number; readonly ids?: readonly string[] | undefined },
): Promise<Matrix> {
  async function* parts(): AsyncGenerator<Uint8Array> {
    for await (const block of blocks) yield bytesOf(block);
  }
  const { region, bytes } = await collectBytes(parts(), inMemory);
  const { columns, ids } = described();
  return bytes ? memoryMatrix(new Float32Array(bytes.buffer), columns, ids) : regionMatrix(region, columns, ids);
}
