import { trusted } from './html.js';

/** The page's only style sheet. Charts name these colours, so that they follow light and dark. */
export const STYLE = trusted(`
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d1c1a; --soft: #63605a; --line: #e4e0d8; --accent: #23598f;
  --good: #1d7a4c; --good-wash: #dcf1e4; --bad: #b3372f; --bad-wash: #fae3df; --baseline: #b4afa5;
  --series-0: #2f6db5; --series-1: #cf4037; --series-2: #d9822b; --series-3: #13877c;
  --series-4: #7d4fb0; --series-5: #6a7f1c; --series-6: #b03a82; --series-7: #6d5f53;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15161a; --card: #1d1f24; --ink: #ece9e3; --soft: #a5a29b; --line: #33353c; --accent: #8cbcf0;
    --good: #6fd6a0; --good-wash: #173a29; --bad: #f29186; --bad-wash: #45221f; --baseline: #6b6a68;
    --series-0: #6ea8ee; --series-1: #f27a70; --series-2: #f0a95a; --series-3: #4cc3b5;
    --series-4: #b692ea; --series-5: #b0c65a; --series-6: #e883bf; --series-7: #b8a897;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 1180px; margin: 0 auto; padding: 48px 24px 72px; }
h1, h2 { font-family: ui-serif, Georgia, "Times New Roman", serif; font-weight: 600; text-wrap: balance; }
h1 { font-size: clamp(1.6rem, 3.4vw, 2.3rem); line-height: 1.2; margin: 0.2em 0 0.5em; max-width: 32em; }
h2 { font-size: 1.5rem; margin: 2.4em 0 0.6em; }
h3 { font-size: 1rem; margin: 0; }
p { max-width: 46em; text-wrap: pretty; margin: 0.5em 0; }
a { color: var(--accent); }
.kicker { color: var(--soft); font-size: 0.85rem; letter-spacing: 0.06em; text-transform: uppercase; margin: 0; }
.lead, figcaption p, .hint, caption, small { color: var(--soft); }
.warning { border-left: 4px solid var(--bad); background: var(--bad-wash); padding: 0.6em 1em; border-radius: 0 8px 8px 0; }
code { font: 0.86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }

.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.86rem; }
caption { caption-side: bottom; text-align: left; padding: 10px 14px; font-size: 0.85rem; }
th, td { padding: 9px 7px; text-align: right; vertical-align: baseline; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 16px; }
td:last-child { padding-right: 16px; }
thead th { font-weight: 600; vertical-align: bottom; border-bottom: 1px solid var(--line); line-height: 1.25; }
thead small { display: block; font-weight: 400; font-size: 0.75rem; }
tbody th { font-weight: 600; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tr.baseline > * { color: var(--soft); font-weight: 400; }
td.top { font-weight: 700; }
td.much { color: var(--bad); font-weight: 700; }
td.little { color: var(--soft); }
td.code { text-align: left; white-space: normal; min-width: 16em; }
table:has(td.code) thead th { text-align: left; }

.chips { display: flex; flex-wrap: wrap; gap: 6px; max-width: none; margin-bottom: 16px; font-size: 0.88rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 20px; }
figure { margin: 0; padding: 18px 20px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; min-width: 0; }
#scores { grid-column: 1 / -1; }
figcaption p { font-size: 0.88rem; margin: 0.2em 0 0.8em; }
.drawing { overflow-x: auto; }
.drawing svg { display: block; width: 100%; min-width: 400px; height: auto; }
.key { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; padding: 0; margin: 0 0 10px; font-size: 0.86rem; }
.swatch { vertical-align: middle; margin-right: 2px; }

.advice { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 20px; }
.advice article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; }
.advice article:first-child:nth-last-child(odd) { grid-column: 1 / -1; }
.advice ul { margin: 0.7em 0 0; padding-left: 1.1em; }
.advice li { margin: 0.35em 0; }
.advice li::marker { color: var(--soft); }
.entry { margin: 0.35em 0; color: var(--soft); }
.verdict { float: right; font-size: 0.8rem; padding: 2px 10px; border-radius: 99px; border: 1px solid var(--line); color: var(--soft); }
.verdict.better { color: var(--good); background: var(--good-wash); border-color: transparent; }
.verdict.worse { color: var(--bad); background: var(--bad-wash); border-color: transparent; }

.examples { display: grid; gap: 20px; }
.example { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; }
.example header { display: flex; gap: 18px; align-items: center; }
.example img { flex: none; border-radius: 8px; border: 1px solid var(--line); object-fit: contain; background: #000; }
.example img.pixels { image-rendering: pixelated; }
.truth { margin: 0.2em 0 0; }
.example dl { display: grid; grid-template-columns: minmax(9em, auto) 1fr; gap: 8px 16px; margin: 16px 0 0; font-size: 0.88rem; }
.example dt { font-weight: 600; }
.example dt small { display: block; font-weight: 400; }
.example dd { margin: 0; line-height: 2; }
.chip { display: inline-block; line-height: 1.5; padding: 0 9px; margin-right: 2px; border-radius: 99px; border: 1px solid var(--line); color: var(--soft); }
.chip i { font-style: normal; font-size: 0.85em; opacity: 0.8; }
.chip.hit { border-color: var(--good); color: var(--good); }
.chip.hit.decided { background: var(--good-wash); }
.chip.false.decided { border-color: transparent; color: var(--bad); background: var(--bad-wash); }
.missed { color: var(--soft); }
@media (max-width: 640px) { .example dl { grid-template-columns: 1fr; gap: 2px; } .example dd { margin-bottom: 10px; } }

details { border-top: 1px solid var(--line); padding: 10px 0; }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; font-weight: 600; }
details > .scroll, pre { margin-top: 12px; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; margin-bottom: 0; }
.provenance { display: grid; grid-template-columns: auto 1fr; gap: 4px 18px; font-size: 0.9rem; }
.provenance dt { color: var(--soft); }
.provenance dd { margin: 0; overflow-wrap: anywhere; }
@media print { body { background: #fff; } figure, article, .scroll { break-inside: avoid; } }
`);
