import { parse, View } from 'vega';
import { compile, type Config, type TopLevelSpec } from 'vega-lite';

import { escape, html, trusted, type Html } from './html.js';

/** How a run looks in every chart: colour (of eight, light and dark) and dash, so that colour never stands alone. */
export interface SeriesStyle {
  readonly name: string;
  /** A CSS colour of the page: charts follow the reader's colour scheme. */
  readonly color: string;
  /** SVG dash array; empty is a solid line. */
  readonly dash: readonly number[];
}

const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2]];
const SERIES_COLORS = 8;

export const seriesStyles = (names: readonly string[]): readonly SeriesStyle[] =>
  names.map((name, i) => ({ name, color: `var(--series-${i % SERIES_COLORS})`, dash: DASHES[i % DASHES.length]! }));

/** Scales that give each run its colour and dash. */
export const seriesScales = (styles: readonly SeriesStyle[]) => ({
  color: { domain: styles.map(({ name }) => name), range: styles.map(({ color }) => color) },
  dash: { domain: styles.map(({ name }) => name), range: styles.map(({ dash }) => [...dash]) },
});

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
export const INK = 'var(--ink)';
export const SOFT = 'var(--soft)';
export const LINE = 'var(--line)';

const config: Config = {
  aria: false,
  background: 'transparent',
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: SOFT,
    labelFontSize: 12,
    titleColor: SOFT,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
    domain: false,
    ticks: false,
    labelPadding: 6,
    gridColor: LINE,
  },
  header: { labelColor: INK, labelFontSize: 13, title: null },
  text: { color: INK, fontSize: 12 },
};

/**
 * Draws a Vega-Lite chart as an SVG in a figure: no script in the page. The SVG is one image to a screen reader, named by
 * `title` and described by `description`; the numbers stand in the page's tables as well.
 */
export async function chart(
  spec: TopLevelSpec,
  {
    id,
    title,
    description,
    key = [],
  }: { id: string; title: string; description: string; key?: readonly SeriesStyle[] },
): Promise<Html> {
  const view = new View(parse(compile({ ...spec, config }).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    const [width] = /width="(\d+)"/.exec(svg)?.slice(1) ?? ['600'];
    const opening = `<svg role="img" aria-label="${escape(`${title}. ${description}`)}" style="max-width:${width}px" `;
    // Clip paths are numbered in each SVG from 0; ids are the page's.
    const drawn = svg.replace('<svg ', opening).replaceAll(/(id="|url\(#)(\w+)/g, `$1${id}-$2`);
    return html`<figure id="${id}">
      <figcaption>
        <h3>${title}</h3>
        <p>${description}</p>
      </figcaption>
      ${key.length > 1 && seriesKey(key)}
      <div class="drawing">${trusted(drawn)}</div>
    </figure>`;
  } finally {
    view.finalize();
  }
}

/** Which line is which run. */
const seriesKey = (styles: readonly SeriesStyle[]): Html =>
  html`<ul class="key">
    ${styles.map((style) => html`<li>${swatch(style)} ${style.name}</li>`)}
  </ul>`;

export const swatch = ({ color, dash }: SeriesStyle): Html =>
  html`<svg class="swatch" viewBox="0 0 28 10" width="28" height="10" aria-hidden="true">
    <line x1="1" y1="5" x2="27" y2="5" stroke="${color}" stroke-width="3" stroke-dasharray="${dash.join(' ')}" />
  </svg>`;
