import { collectMatrix } from './collect.js';
import { errors } from './errors.js';
import { regionMatrix, rowsPerBlock, type Matrix } from './matrix.js';
import { readNpyHeader } from './npy-header.js';
import { npyValues, type NpyValues } from './npy-values.js';
import type { Region } from './region.js';

/**
 * The matrix of an npy file. float32 in C order stays where it is when it is large; all else becomes float32 once.
 * Takes the region over: it is closed when an error is thrown, and when its values have been copied.
 * @param inMemory up to how many bytes are held in memory
 * @throws npy-invalid, npy-dtype-unsupported, features-shape-invalid, features-temporary-file
 */
export async function readNpy(region: Region, inMemory: number): Promise<Matrix> {
  let inPlace = false;
  try {
    const { dtype, fortranOrder, shape, start } = await readNpyHeader(region);
    const values = npyValues(dtype);
    const [rows = 0, columns = 0] = shape;
    if (shape.length !== 2 || rows === 0 || columns === 0) throw errors['features-shape-invalid']({ shape });
    const size = rows * columns * values.itemBytes;
    if (region.size - start !== size)
      throw errors['npy-invalid']({
        found: `${region.size - start} bytes of values`,
        expected: `${size} bytes: ${rows} × ${columns} of ${dtype}`,
      });
    const body: Region = { ...region, size, read: (position, into) => region.read(start + position, into) };
    // One row or one column lies the same in either order.
    const byColumns = fortranOrder && rows > 1 && columns > 1;
    inPlace = values.asTheyAre && !byColumns && size > inMemory;
    if (inPlace) return regionMatrix(body, columns);
    const blocks = (byColumns ? blocksOfColumns : blocksOfRows)(body, rows, columns, values);
    return await collectMatrix(blocks, inMemory, () => ({ columns }));
  } finally {
    if (!inPlace) await region.close();
  }
}

type Blocks = (body: Region, rows: number, columns: number, values: NpyValues) => AsyncGenerator<Float32Array>;

const blocksOfRows: Blocks = async function* (body, rows, columns, values) {
  const { itemBytes } = values;
  const step = rowsPerBlock(columns * itemBytes);
  for (let from = 0; from < rows; from += step) {
    const count = Math.min(step, rows - from);
    const bytes = new Uint8Array(count * columns * itemBytes);
    await body.read(from * columns * itemBytes, bytes);
    const block = new Float32Array(count * columns);
    values.convert(bytes, block);
    yield block;
  }
};

/** Column after column on disk: a block takes a piece of each, so blocks are large to keep the pieces long. */
const blocksOfColumns: Blocks = async function* (body, rows, columns, values) {
  const { itemBytes } = values;
  const step = 8 * rowsPerBlock(columns * 4);
  for (let from = 0; from < rows; from += step) {
    const count = Math.min(step, rows - from);
    const block = new Float32Array(count * columns);
    const piece = new Float32Array(count);
    const bytes = new Uint8Array(count * itemBytes);
    for (let column = 0; column < columns; column++) {
      await body.read((column * rows + from) * itemBytes, bytes);
      values.convert(bytes, piece);
      for (let row = 0; row < count; row++) block[row * columns + column] = piece[row]!;
    }
    yield block;
  }
};
