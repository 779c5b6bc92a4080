import { availableParallelism } from 'node:os';

/** Half of them wait for the disk while sharp's threads decode the others. */
const AT_ONCE = Math.max(8, 2 * availableParallelism());

/** Does something for 0 … count − 1, some at a time. The first failure ends it, once what has begun is over. */
export async function concurrently(count: number, work: (index: number) => Promise<void>): Promise<void> {
  const queue = Array(count).keys();
  const worker = async (): Promise<void> => {
    for (const index of queue) await work(index);
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
