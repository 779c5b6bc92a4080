import sharp from 'sharp';

import { html, type Html } from './html.js';
import type { Run } from './run.js';
import { summarise } from './summary.js';

type Example = Run['examples']['examples'][number];

/** Pictures and chips in the page: enough to see, few enough to read. */
const IMAGES = 8;
const CHIPS = { least: 5, most: 9 };
const MISSED = 8;

/** Test images with their labels and what each run ranks highest; null where the inputs are not images. */
export async function testImages(runs: readonly Run[]): Promise<Html | null> {
  const first = runs[0]!.examples;
  if (first.shape.length !== 3) return null;
  const small = Math.max(first.shape[0]!, first.shape[1]!) < 48;
  const shown = first.examples.slice(0, IMAGES);
  if (shown.length === 0) return null;
  const cards = await Promise.all(
    shown.map(async (example) => {
      const source = await picture(example, first.shape);
      return html`<article class="example">
        <header>
          ${source && html`<img src="${source}" alt="test image ${example.id}" width="96" height="96" ${small && html` class="pixels"`} />`}
          <div>
            <h3>${example.id}</h3>
            <p class="truth">${example.labels.join(' · ')}</p>
          </div>
        </header>
        <dl>${runs.map((run) => predictions(run, example.id))}</dl>
      </article>`;
    }),
  );
  return html`<div class="examples">${cards}</div>`;
}

function predictions(run: Run, id: string): Html | false {
  const example = run.examples.examples.find((candidate) => candidate.id === id);
  if (!example) return false;
  const { threshold } = summarise(run);
  const truth = new Set(example.labels);
  const places = Math.min(Math.max(truth.size, CHIPS.least), CHIPS.most);
  const top = example.predicted.slice(0, places);
  const listed = new Set(top.map((prediction) => prediction.class));
  const missed = example.labels.filter((label) => !listed.has(label));
  return html`<dt>${run.name}<small>${example.decided} predicted, ${example.labels.length} true</small></dt>
    <dd>
      ${top.map(({ class: label, probability }) => {
        const hit = truth.has(label);
        const kind = `${hit ? 'hit' : 'false'}${probability >= threshold ? ' decided' : ''}`;
        return html`<span class="chip ${kind}">${hit ? '✓' : '✗'} ${label} <i>${percent(probability)}</i></span> `;
      })}
      ${
        missed.length > 0 &&
        html`<span class="missed"
          >missed:
          ${missed.slice(0, MISSED).join(', ')}${missed.length > MISSED && ` and ${missed.length - MISSED} more`}</span
        >`
      }
    </dd>`;
}

const percent = (probability: number): string =>
  probability < 0.01 ? '<1 %' : probability > 0.99 ? '>99 %' : `${Math.round(probability * 100)} %`;

/** Raw pixels as a PNG in a data: URI; null when the bytes do not fit the shape or have another number of channels. */
async function picture({ pixels }: Example, shape: readonly number[]): Promise<string | null> {
  const [height = 0, width = 0, channels] = shape;
  const bytes = Buffer.from(pixels, 'base64');
  if ((channels !== 1 && channels !== 3 && channels !== 4) || bytes.length !== height * width * channels) return null;
  const image = sharp(bytes, { raw: { width, height, channels } });
  const png = await (channels === 1 ? image.toColourspace('b-w') : image).png({ compressionLevel: 9 }).toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
