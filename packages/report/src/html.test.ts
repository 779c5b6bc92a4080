import fc from 'fast-check';
import { expect, test } from 'vitest';

import { escape, html, trusted } from './html.js';

test('values are escaped in text and in attributes, markup passes, nothing leaves nothing', () => {
  const name = `<b onclick='x'>"&`;
  expect(html`<p title="${name}">${name}</p>`.markup).toBe(
    `<p title="&#60;b onclick=&#39;x&#39;&#62;&#34;&#38;">&#60;b onclick=&#39;x&#39;&#62;&#34;&#38;</p>`,
  );
  expect(html`${html`<b>${1}</b>`}${null}${undefined}${false}${['a', trusted('<i></i>')]}${0}`.markup).toBe(
    '<b>1</b>a<i></i>0',
  );
});

test('no string leaves escape() with a character that opens a tag, an entity or ends an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escape(text);
      expect(escaped).not.toMatch(/[<>"'`]/);
      const decoded = escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      expect(decoded).toBe(text);
    }),
  );
});
