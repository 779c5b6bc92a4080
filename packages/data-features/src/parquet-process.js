// @ts-check
/**
 * Decodes a Parquet file in a process of its own, in plain JavaScript so that it starts from the sources too. Damaged or hostile
 * bytes can make a decoder fill memory or never end; here that ends this process and nothing else.
 *
 * Arguments: the file, the id of the process that started this one. Frames on standard output: two lengths (uint32), then JSON
 * and bytes of these lengths. First what the columns are; then, for the columns asked for on standard input, blocks of rows.
 */
import { Worker } from 'node:worker_threads';

import { asyncBufferFromFile, parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** @import { ParquetScan, SchemaTree } from 'hyparquet' */
/** @import { ParquetAnswer, ParquetColumn, ParquetQuestion } from './parquet.js' */

/** A block of rows: for each, every column is read on from its page, so a wide table wants few of them. */
const blockBytes = 2 ** 28;

const [path = '', parent = ''] = process.argv.slice(2);
// Should that process be killed, a thread ends this one, even out of an endless loop.
const watch = `setInterval(() => process.ppid === ${Number(parent)} || process.kill(process.pid, 'SIGKILL'), 500)`;
new Worker(watch, { eval: true }).unref();

/** @param {ParquetAnswer} message @param {Float32Array} [values] */
function send(message, values) {
  const json = Buffer.from(JSON.stringify(message));
  const bytes = values ? Buffer.from(values.buffer) : Buffer.alloc(0);
  const lengths = Buffer.from(Uint32Array.of(json.length, bytes.length).buffer);
  /** @type {Promise<void>} */
  const sent = new Promise((resolve, reject) => {
    process.stdout.write(Buffer.concat([lengths, json, bytes]), (error) => (error ? reject(error) : resolve()));
  });
  return sent;
}

/** @returns {Promise<ParquetQuestion>} */
async function asked() {
  const parts = [];
  for await (const part of process.stdin) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

/** @param {SchemaTree} top @returns {ParquetColumn['kind']} */
function kindOf(top) {
  const path = [top];
  for (let next = top.children[0]; next; next = next.children[0]) path.push(next);
  if (path.some(({ children }) => children.length > 1)) return 'other';
  const repeated = path.filter(({ element }) => element.repetition_type === 'REPEATED').length;
  const leaf = path.at(-1) ?? top;
  const { type = '', converted_type: converted = '', logical_type: logical } = leaf.element;
  const annotation = logical?.type ?? '';
  const isText =
    type === 'BYTE_ARRAY' && ['', 'UTF8', 'ENUM'].includes(converted) && ['', 'STRING', 'ENUM'].includes(annotation);
  const isNumber =
    annotation === 'FLOAT16' ||
    (['BOOLEAN', 'INT32', 'INT64', 'FLOAT', 'DOUBLE'].includes(type) &&
      /^(U?INT_\d+)?$/.test(converted) &&
      ['', 'INTEGER'].includes(annotation));
  if (leaf === top && repeated === 0) return isNumber ? 'number' : isText ? 'text' : 'other';
  return isNumber && repeated === 1 ? 'list' : 'other';
}

/** @param {unknown} value */
const numberOf = (value) => (value === null || value === undefined ? NaN : Number(value));

/**
 * @param {ParquetScan} scan
 * @param {ParquetQuestion} question
 * @param {{ rowStart: number, rowEnd: number }} range
 */
async function sendFlat(scan, { id, features }, { rowStart, rowEnd }) {
  const width = features.length;
  const step = Math.max(1, Math.floor(blockBytes / (4 * width)));
  for (let from = rowStart; from < rowEnd; from += step) {
    const to = Math.min(from + step, rowEnd);
    const values = new Float32Array((to - from) * width);
    for (const [column, name] of features.entries()) {
      const data = await read(scan, name, from, to);
      for (let row = 0; row < data.length; row++) values[row * width + column] = numberOf(data[row]);
    }
    await send({ columns: width, ...(await idsOf(scan, id, from, to)) }, values);
  }
}

/**
 * @param {ParquetScan} scan
 * @param {ParquetQuestion} question
 * @param {{ rowStart: number, rowEnd: number }} range
 * @param {number | undefined} width of rows before these
 */
async function sendLists(scan, { id, features }, { rowStart, rowEnd }, width) {
  const lists = await read(scan, features[0] ?? '', rowStart, rowEnd);
  const columns = width ?? lists[0]?.length ?? 0;
  const step = Math.max(1, Math.floor(blockBytes / (4 * (columns + 1))));
  for (let from = 0; from < lists.length; from += step) {
    const to = Math.min(from + step, lists.length);
    const values = new Float32Array((to - from) * columns);
    for (let row = from; row < to; row++) {
      const list = lists[row];
      if (list?.length !== columns)
        throw new Error(`row ${rowStart + row}: a list of ${list?.length ?? 0}, the first has ${columns}`);
      for (let column = 0; column < columns; column++) values[(row - from) * columns + column] = numberOf(list[column]);
    }
    await send({ columns, ...(await idsOf(scan, id, rowStart + from, rowStart + to)) }, values);
  }
  return columns;
}

/** @param {ParquetScan} scan @param {string | undefined} id @param {number} rowStart @param {number} rowEnd */
async function idsOf(scan, id, rowStart, rowEnd) {
  if (id === undefined) return {};
  return { ids: Array.from(await read(scan, id, rowStart, rowEnd), (value) => String(value ?? '')) };
}

/** @param {ParquetScan} scan @param {string} column @param {number} rowStart @param {number} rowEnd */
async function read(scan, column, rowStart, rowEnd) {
  const data = await scan.readColumn({ column, rowStart, rowEnd });
  if (data.length !== rowEnd - rowStart)
    throw new Error(`column ${column}: ${data.length} rows of ${rowEnd - rowStart}`);
  return data;
}

async function decode() {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  const columns = parquetSchema(metadata).children.map((top) => ({ name: top.element.name, kind: kindOf(top) }));
  const values = metadata.row_groups.flatMap((group) =>
    group.columns.map(({ meta_data }) => Number(meta_data?.num_values ?? 0)),
  );
  await send({
    table: {
      columns,
      rows: Number(metadata.num_rows),
      largest: values.reduce((most, count) => Math.max(most, count), 0),
    },
  });
  const question = await asked();
  const names = [...question.features, ...(question.id === undefined ? [] : [question.id])];
  const scan = await parquetScan({
    file,
    metadata,
    columns: names,
    compressors,
    geoparquet: false,
    useOffsetIndex: false,
  });
  /** @type {number | undefined} */
  let width;
  for (const range of scan.ranges)
    if (question.lists) width = await sendLists(scan, question, range, width);
    else await sendFlat(scan, question, range);
  await send({ done: true });
}

decode().catch((/** @type {unknown} */ error) => {
  const words = error instanceof Error ? error.message : String(error);
  const isSense = error instanceof Error && error.constructor === Error;
  return send({ problem: isSense ? words : `bytes that make no sense (${words})` });
});
