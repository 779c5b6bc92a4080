import { rowOf, sigmoid, type Dataset, type Scores, type TestExamples } from '@counterweight/core';
import { readInputs } from '@counterweight/trainer';

const SHOWN = 12;
const PREDICTED = 8;

/** A few test examples for a person to look at: spread evenly over the split, the same ones in every run on the same data. */
export async function pickTestExamples(dataset: Dataset, scores: Scores, threshold: number): Promise<TestExamples> {
  const { classes, labels, splits, input } = dataset;
  const rows = splits.test.length;
  const count = Math.min(SHOWN, rows);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * rows) / count));
  const examples: TestExamples['examples'] = [];
  for (const row of chosen) {
    const example = splits.test[row]!;
    // Features are no picture.
    const pixels = input.dtype === 'uint8' ? await readInputs(dataset, Int32Array.of(example)) : new Uint8Array();
    const logits = await scores.block(row, row + 1);
    const best = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, PREDICTED);
    examples.push({
      id: dataset.id(example),
      pixels: Buffer.from(pixels).toString('base64'),
      labels: [...rowOf(labels.positives, example)].map((c) => classes[c]!),
      decided: logits.filter((z) => sigmoid(z) >= threshold).length,
      predicted: best.map((c) => ({ class: classes[c]!, probability: sigmoid(logits[c]!) })),
    });
  }
  return { shape: [...input.shape], examples };
}
