import type sharp from 'sharp';

import { isImage } from './signature.js';

export type Sharp = typeof sharp;

/** What decides the pixels of an image, besides its bytes. */
export interface Decoding {
  readonly height: number;
  readonly width: number;
  readonly fit: 'contain' | 'cover' | 'stretch';
}

/** Rises when the same bytes and settings give other pixels: nothing decoded before is then used again. */
export const DECODING_VERSION = 1;

export interface DecodedImage {
  /** 1 when red, green and blue are the same everywhere. */
  readonly channels: 1 | 3;
  /** [height, width, channels], rows first, 0–255. */
  readonly pixels: Uint8Array;
}

/** As many pixels as 16,384 × 8,192: the largest photographs, and no file that unpacks to more than memory holds. */
const LARGEST = 2 ** 27;
const SECONDS = 120;
const white = { r: 255, g: 255, b: 255 };
const fits = { contain: 'contain', cover: 'cover', stretch: 'fill' } as const;

/**
 * One image as it is seen: its first frame, turned as its camera says, in sRGB, transparency on white, fitted. Sixteen bits keep
 * their upper eight. An image that has the size already keeps its pixels.
 * @throws Error in words: not an image, a broken one, one that is too large
 */
export async function decodeImage(sharp: Sharp, bytes: Uint8Array, decoding: Decoding): Promise<DecodedImage> {
  if (bytes.length === 0) throw new Error('an empty file');
  if (!isImage(bytes)) throw new Error('not a PNG, JPEG, WebP or GIF file');
  const { height, width, fit } = decoding;
  // Warnings are tolerated (odd profiles, stray bytes); what cannot be decoded to the end is not.
  const rgb = await sharp(bytes, { failOn: 'error', limitInputPixels: LARGEST })
    .timeout({ seconds: SECONDS })
    .autoOrient()
    .flatten({ background: white })
    .resize({ width, height, fit: fits[fit], background: white })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
  return isGrey(rgb) ? { channels: 1, pixels: withChannels(rgb, 3, 1) } : { channels: 3, pixels: rgb };
}

function isGrey(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}

/**
 * The same pixels in colour or in grey. Grey is the luma of ITU-R BT.601, as in JPEG; exact where the image is grey already.
 * @param pixels [pixels, from]
 * @returns [pixels, to]; `pixels` itself when nothing changes
 */
export function withChannels(pixels: Uint8Array, from: 1 | 3, to: 1 | 3): Uint8Array {
  if (from === to) return pixels;
  const result = new Uint8Array((pixels.length / from) * to);
  if (to === 3) for (let i = 0; i < pixels.length; i++) result.fill(pixels[i]!, 3 * i, 3 * i + 3);
  else
    for (let i = 0, at = 0; at < result.length; i += 3)
      result[at++] = Math.round((299 * pixels[i]! + 587 * pixels[i + 1]! + 114 * pixels[i + 2]!) / 1000);
  return result;
}
