import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

import { decodeImage, withChannels, type Decoding } from './decode.js';
import { noise, plain } from './fixtures/pictures.js';

const square: Decoding = { height: 8, width: 8, fit: 'contain' };
const decode = (bytes: Uint8Array, decoding = square) => decodeImage(sharp, bytes, decoding);
const colour = async (bytes: Uint8Array) => {
  const { channels, pixels } = await decode(bytes);
  return [...withChannels(pixels, channels, 3).subarray(0, 3)];
};

describe('formats', () => {
  test('PNG, WebP without loss and GIF to the byte, JPEG nearly', async () => {
    const red = plain(8, 8, 200, 10, 20);
    expect(await colour(await red.clone().png().toBuffer())).toEqual([200, 10, 20]);
    expect(await colour(await red.clone().webp({ lossless: true }).toBuffer())).toEqual([200, 10, 20]);
    expect(await colour(await red.clone().gif().toBuffer())).toEqual([200, 10, 20]);
    const [r = 0, g = 0, b = 0] = await colour(await red.clone().jpeg({ quality: 100 }).toBuffer());
    expect(Math.max(Math.abs(r - 200), Math.abs(g - 10), Math.abs(b - 20))).toBeLessThan(5);
  });

  test.each(['gif', 'webp'] as const)('of an animated %s the first frame', async (format) => {
    const frames = [40, 200, 90].map((level) => Buffer.alloc(8 * 8 * 3, level));
    const film = sharp(Buffer.concat(frames), { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } });
    const bytes = await (format === 'gif' ? film.gif({ loop: 0 }) : film.webp({ lossless: true })).toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(3);
    const { channels, pixels } = await decode(bytes);
    expect([channels, new Set(pixels)]).toEqual([1, new Set([40])]);
  });

  test('a CMYK JPEG becomes sRGB', async () => {
    const cmyk = await plain(8, 8, 255, 0, 0).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const [r = 0, g = 255, b = 255] = await colour(cmyk);
    expect(r).toBeGreaterThan(200);
    expect(Math.max(g, b)).toBeLessThan(70);
  });

  test('sixteen bits of grey keep their upper eight: no level is clipped', async () => {
    const levels = Uint16Array.from({ length: 64 }, (_, i) => i * 1024 + 7);
    const png = await sharp(levels, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    const { channels, pixels } = await decode(png);
    expect(channels).toBe(1);
    expect([...pixels]).toEqual(Array.from(levels, (level) => level >> 8));
  });

  test('sixteen bits of colour with alpha: on white, whose level stays 255, also where it is fitted', async () => {
    const rgba = Uint16Array.from({ length: 8 * 4 * 4 }, (_, i) => (i % 4 === 3 ? (i < 64 ? 0 : 65535) : 0x8080));
    const png = await sharp(rgba, { raw: { width: 8, height: 4, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    const { pixels } = await decode(png);
    expect([...pixels.filter((_, i) => i % 8 === 0)]).toEqual([255, 255, 255, 255, 128, 128, 255, 255]);
  });

  test('palettes and grey with alpha', async () => {
    const palette = await plain(8, 8, 128, 128, 128).png({ palette: true }).toBuffer();
    expect((await decode(palette)).pixels).toEqual(new Uint8Array(64).fill(128));
    const greyAlpha = Uint8Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? 128 : 255));
    const png = await sharp(greyAlpha, { raw: { width: 8, height: 8, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).channels).toBe(2);
    expect((await decode(png)).pixels).toEqual(new Uint8Array(64).fill(128));
  });
});

describe('as it is seen', () => {
  test('transparency is white, half transparency half white', async () => {
    expect((await decode(await plain(8, 8, 0, 0, 0, 0).png().toBuffer())).pixels).toEqual(new Uint8Array(64).fill(255));
    const half = (await decode(await plain(16, 16, 0, 0, 0, 0.5).png().toBuffer())).pixels;
    expect(Math.min(...half)).toBeGreaterThanOrEqual(126);
    expect(Math.max(...half)).toBeLessThanOrEqual(128);
  });

  test('turned as its camera says', async () => {
    // Stored lying: left half black; orientation 6 means "turn clockwise", so black comes to the top.
    const left = await plain(4, 8, 0, 0, 0).png().toBuffer();
    const turned = await plain(8, 8, 255, 255, 255)
      .composite([{ input: left, left: 0, top: 0 }])
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    const { pixels } = await decode(turned);
    const column = [...pixels.filter((_, i) => i % 8 === 3)].map((value) => (value > 127 ? 255 : 0));
    expect(column).toEqual([0, 0, 0, 0, 255, 255, 255, 255]);
  });

  test('colour where any pixel differs in a channel, grey otherwise', async () => {
    expect((await decode(await plain(8, 8, 90, 90, 90).png().toBuffer())).channels).toBe(1);
    expect((await decode(await plain(8, 8, 90, 90, 91).png().toBuffer())).channels).toBe(3);
  });

  const rows = async (fit: Decoding['fit']) => {
    const right = await plain(8, 16, 250, 250, 250).png().toBuffer();
    const wide = await plain(32, 16, 0, 0, 0)
      .composite([{ input: right, left: 24, top: 0 }])
      .png()
      .toBuffer();
    const { pixels } = await decode(wide, { ...square, fit });
    return [3, 0].map((row) => [...pixels.subarray(row * 8, row * 8 + 8)].map((value) => Math.round(value / 125)));
  };

  test('contain: the whole image, centred on white', async () => {
    expect(await rows('contain')).toEqual([
      [0, 0, 0, 0, 0, 0, 2, 2],
      [2, 2, 2, 2, 2, 2, 2, 2],
    ]);
  });

  test('cover: its middle', async () => {
    expect(await rows('cover')).toEqual([Array(8).fill(0), Array(8).fill(0)]);
  });

  test('stretch: all of it, distorted', async () => {
    expect(await rows('stretch')).toEqual([
      [0, 0, 0, 0, 0, 0, 2, 2],
      [0, 0, 0, 0, 0, 0, 2, 2],
    ]);
  });

  test('height and width may differ', async () => {
    const { pixels } = await decode(await plain(5, 7, 1, 1, 1).png().toBuffer(), {
      height: 2,
      width: 3,
      fit: 'stretch',
    });
    expect(pixels).toEqual(new Uint8Array(6).fill(1));
  });
});

describe('broken and hostile', () => {
  test('30,000 pixels wide is an image like another', async () => {
    const { pixels } = await decode(await plain(30_000, 40, 9, 9, 9).png().toBuffer(), { ...square, fit: 'stretch' });
    expect(new Set(pixels)).toEqual(new Set([9]));
  });

  test('more pixels than memory should hold are refused from the header, before they are unpacked', async () => {
    const png = await plain(16, 16, 0, 0, 0).png().toBuffer();
    png.writeUInt32BE(30_000, 16); // IHDR: width, height, and then the checksum of the chunk
    png.writeUInt32BE(30_000, 20);
    const { crc32 } = await import('node:zlib');
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    await expect(decode(png)).rejects.toThrow(/pixel limit/);
  });

  test.each(['png', 'jpeg', 'webp', 'gif'] as const)(
    'a %s that is cut short is refused, wherever it is cut',
    async (format) => {
      const bytes = await noise(64).toFormat(format).toBuffer();
      for (const share of [0.02, 0.3, 0.6, 0.9])
        await expect(decode(bytes.subarray(0, bytes.length * share)), `${share}`).rejects.toThrow();
    },
  );

  test.each([
    ['nothing', '', 'an empty file'],
    ['text', 'no image at all', 'not a PNG, JPEG, WebP or GIF file'],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'not a PNG'],
    ['a signature alone', '\x89PNG\r\n\x1a\n', 'corrupt header'],
  ])('%s is refused', async (_, text, message) => {
    await expect(decode(Buffer.from(text, 'latin1'))).rejects.toThrow(message);
  });
});

test('grey of a colour is its luma; of grey itself', () => {
  expect([...withChannels(Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7), 3, 1)]).toEqual([76, 150, 29, 7]);
  expect([...withChannels(Uint8Array.of(3, 4), 1, 3)]).toEqual([3, 3, 3, 4, 4, 4]);
});
