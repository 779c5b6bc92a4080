import { rowOf, type SparseLabels } from '@counterweight/core';

/** Whether the entry row·classes + class is known. For messages: building it takes a moment. */
export function knownEntries(labels: SparseLabels): (entry: number) => boolean {
  const { columns, positives, exceptions, unlisted } = labels;
  const listed = new Set<number>();
  for (const csr of unlisted === 'negative' ? [exceptions] : [positives, exceptions])
    for (let row = 0; csr && row < labels.rows; row++)
      for (const column of rowOf(csr, row)) listed.add(row * columns + column);
  return unlisted === 'negative' ? (entry) => !listed.has(entry) : (entry) => listed.has(entry);
}
