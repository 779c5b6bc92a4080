import type sharp from 'sharp';

export type Sharp = typeof sharp;

const white = { r: 255, g: 255, b: 255 };

/**
 * One image as it is seen: turned as its camera says, transparency on white, fitted into size × size, centred on white.
 * An image of that size already keeps its pixels.
 * @returns [size, size, 3], rows first, 0–255
 * @throws Error in words: not a PNG, JPEG or WebP file, or a broken one
 */
export async function decodeImage(sharp: Sharp, bytes: Uint8Array, size: number): Promise<Uint8Array> {
  if (bytes.length === 0) throw new Error('an empty file');
  if (!signatures.some((signature) => signature(bytes))) throw new Error('not a PNG, JPEG or WebP file');
  // Warnings are tolerated (odd profiles, stray bytes); what cannot be decoded to the end is not.
  return sharp(bytes, { failOn: 'error' })
    .autoOrient()
    .flatten({ background: white })
    .resize({ width: size, height: size, fit: 'contain', background: white })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
}

const holds = (bytes: Uint8Array, at: number, expected: readonly number[]): boolean =>
  expected.every((byte, i) => bytes[at + i] === byte);

/** Files are told by their first bytes, not by their names. */
const signatures: readonly ((bytes: Uint8Array) => boolean)[] = [
  (bytes) => holds(bytes, 0, [0x89, 0x50, 0x4e, 0x47]), // PNG
  (bytes) => holds(bytes, 0, [0xff, 0xd8, 0xff]), // JPEG
  (bytes) => holds(bytes, 0, [0x52, 0x49, 0x46, 0x46]) && holds(bytes, 8, [0x57, 0x45, 0x42, 0x50]), // WebP: RIFF…WEBP
];
