/** Images of one size in memory. */
export interface Pictures {
  /** [images, height, width, channels], 0–255. */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Whether red, green and blue are the same everywhere. */
export function isGrey(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}

/** Luma of ITU-R BT.601, the grey of JPEG; exact where the image is grey already. Works in place when `into` is `rgb`. */
export function toGrey(rgb: Uint8Array, into: Uint8Array): void {
  for (let i = 0, at = 0; i < rgb.length; i += 3)
    into[at++] = Math.round((299 * rgb[i]! + 587 * rgb[i + 1]! + 114 * rgb[i + 2]!) / 1000);
}
