import { errors } from './errors.js';

/**
 * Text without its byte order mark.
 * @throws table-text-invalid with the line of the first byte that is not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const line = firstBadLine(bytes);
    const found = bytes.subarray(0, 2).every((byte) => byte >= 0xfe) ? 'UTF-16' : 'bytes that are not UTF-8';
    throw errors['table-text-invalid']({ found: `${found} in line ${line}` }, { place: { file, line }, cause });
  }
}

/** A line feed is never part of another character in UTF-8: lines can be tried one by one. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let line = 1, from = 0; ; line++) {
    const end = bytes.indexOf(0x0a, from);
    try {
      decoder.decode(bytes.subarray(from, end < 0 ? undefined : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    from = end + 1;
  }
}
