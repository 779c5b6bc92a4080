/** The files of a tfjs layers model, checked before tfjs builds anything of them. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

import { z } from '@counterweight/core';
import type { io } from '@tensorflow/tfjs-core';

import { errors } from './errors.js';

const weight = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: z.enum(['float32', 'int32', 'bool']),
  quantization: z
    .union([
      z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
      z.object({ dtype: z.literal('float16') }),
    ])
    .optional(),
});
const modelFile = z.looseObject({
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(z.object({ paths: z.array(z.string().min(1)).min(1), weights: z.array(weight) })),
});
type Weight = z.output<typeof weight>;

const BYTES = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 };

/**
 * Reads `model.json` and the weight files that it names; nothing outside the folder, links included.
 * @throws layers-model-file-missing, layers-model-is-graph (exit 2); layers-model-file-invalid, layers-model-path-outside,
 *   layers-model-weights-size (exit 3)
 */
export async function readModelFiles(folder: string): Promise<io.ModelArtifacts> {
  const path = join(folder, 'model.json');
  const content = parse(path, await readWhole(await inside(folder, path)));
  const { modelTopology, weightsManifest } = content;
  const groups: ArrayBuffer[][] = [];
  for (const { paths, weights } of weightsManifest) groups.push(await readGroup(folder, paths, weights));
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights as io.WeightsManifestEntry[]),
    weightData: groups.flat(),
  };
}

function parse(path: string, bytes: Buffer): z.output<typeof modelFile> {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw errors['layers-model-file-invalid']({ path, problem: reason(error) }, { cause: error });
  }
  const { format, modelTopology } = z.looseObject({}).safeParse(content).data ?? {};
  if (format === 'graph-model' || z.looseObject({ node: z.unknown() }).safeParse(modelTopology).success)
    throw errors['layers-model-is-graph']({ path });
  const parsed = modelFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw errors['layers-model-file-invalid']({ path, problem: `${issue!.path.join('.')}: ${issue!.message}` });
}

/** The files of one group of weights, which together hold exactly these. */
async function readGroup(folder: string, paths: readonly string[], weights: readonly Weight[]): Promise<ArrayBuffer[]> {
  const wanted = weights.reduce((sum, { shape, dtype, quantization }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return sum + size * BYTES[quantization?.dtype ?? dtype];
  }, 0);
  const check = (bytes: number): void => {
    if (bytes !== wanted) throw errors['layers-model-weights-size']({ files: paths, bytes, wanted });
  };
  const files: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    const file = await inside(folder, resolve(folder, path));
    files.push(file);
    bytes += (await stat(file)).size;
  }
  check(bytes);
  const contents = [];
  for (const file of files) contents.push(await readWhole(file));
  check(contents.reduce((sum, { length }) => sum + length, 0));
  return contents.map(({ buffer, byteOffset, length }) => buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer);
}

/**
 * Where a file of the folder lies, links followed.
 * @throws layers-model-path-outside, layers-model-file-missing
 */
async function inside(folder: string, path: string): Promise<string> {
  if (leaves(folder, path)) throw errors['layers-model-path-outside']({ path, leads: 'not in the folder' });
  let root, file, isFile;
  try {
    root = await realpath(folder);
    file = await realpath(path);
    isFile = (await stat(file)).isFile();
  } catch (error) {
    throw errors['layers-model-file-missing']({ path, reason: reason(error) }, { cause: error });
  }
  if (leaves(root, file)) throw errors['layers-model-path-outside']({ path, leads: `a link to ${file}` });
  if (!isFile) throw errors['layers-model-file-missing']({ path, reason: 'not a file' });
  return file;
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw errors['layers-model-file-missing']({ path, reason: reason(error) }, { cause: error });
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
