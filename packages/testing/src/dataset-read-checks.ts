/** How a data set reads examples. */
import { demand, demandEqual } from './check.js';
import { datasetCheck, demandBytes, memory, read, sizeOf, someExamples } from './dataset-check.js';

const rows = datasetCheck('a read fills the rows asked for, in their order, repeats too', async (dataset) => {
  const examples = someExamples(dataset);
  const size = sizeOf(dataset);
  const want = await read(dataset, dataset, examples);
  const rowOf = (example: number): Uint8Array | Float32Array =>
    want.slice(examples.indexOf(example) * size, (examples.indexOf(example) + 1) * size);
  const first = examples[0]!;
  const lists = [
    ...examples.map((example) => [example]),
    examples.toReversed(),
    [...examples.toSorted((a, b) => a - b), first, first],
    [],
  ];
  for (const list of lists) {
    const asked = Int32Array.from(list);
    const into = memory(dataset, list.length * size);
    await dataset.read(asked, into);
    demandEqual('the list of examples, afterwards', asked, list);
    list.forEach((example, i) =>
      demandBytes(`row ${i} of [${list.join(', ')}]`, into.subarray(i * size, (i + 1) * size), rowOf(example), [
        example,
      ]),
    );
  }
});

const exact = datasetCheck('a read writes every number of its rows and none beside them', async (dataset) => {
  const examples = someExamples(dataset, 3);
  const length = examples.length * sizeOf(dataset);
  const margin = 5;
  const filled = async (before: number): Promise<Uint8Array | Float32Array> => {
    const whole = memory(dataset, length + 2 * margin).fill(before);
    await dataset.read(Int32Array.from(examples), whole.subarray(margin, margin + length));
    [...whole.subarray(0, margin), ...whole.subarray(margin + length)].forEach((value) =>
      demand(value === before, 'the numbers around a batch as they were', () => `${value} instead of ${before}`),
    );
    return whole.subarray(margin, margin + length);
  };
  demandBytes('read over other numbers', await filled(171), await filled(85), examples);
});

const overlap = datasetCheck('reads under way at once do not mix', async (dataset) => {
  const examples = someExamples(dataset);
  const lists = [examples, examples.toReversed(), examples.slice(1), examples.slice(0, 1)];
  const want: (Uint8Array | Float32Array)[] = [];
  for (const list of lists) want.push(await read(dataset, dataset, list));
  const got = await Promise.all(lists.map((list) => read(dataset, dataset, list)));
  lists.forEach((list, i) => {
    demandBytes(`read ${i} of ${lists.length} at once`, got[i]!, want[i]!, list);
  });
});

const again = datasetCheck(
  'an example has the same bytes again, and in an instance that finds a cache',
  async (dataset, open) => {
    const examples = someExamples(dataset);
    const into = await read(dataset, dataset, examples);
    const want = into.slice();
    into.fill(77); // the memory of a batch is used again
    demandBytes('a second read', await read(dataset, dataset, examples), want, examples);
    demandBytes('another instance', await read(await open(), dataset, examples), want, examples);
  },
);

const finite = datasetCheck('numbers are finite', async (dataset) => {
  const examples = someExamples(dataset, 64);
  const values = await read(dataset, dataset, examples);
  values.forEach((value, i) =>
    demand(
      Number.isFinite(value),
      `example ${examples[Math.floor(i / sizeOf(dataset))]!}: finite numbers`,
      () => `${value}`,
    ),
  );
});

const closed = datasetCheck('it closes, twice too; a read after that rejects or reads the same', async (dataset) => {
  const examples = someExamples(dataset);
  const want = await read(dataset, dataset, examples);
  for (const time of ['closed', 'closed twice'])
    await Promise.resolve(dataset.close()).catch((error: unknown) => demand(false, time, () => String(error)));
  const late = await read(dataset, dataset, examples).catch(() => undefined);
  if (late) demandBytes('a read after close', late, want, examples);
});

export const readChecks = [rows, exact, overlap, again, finite, closed] as const;
