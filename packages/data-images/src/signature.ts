const holds = (bytes: Uint8Array, at: number, text: string): boolean =>
  Array.from(text, (character, i) => bytes[at + i] === character.charCodeAt(0)).every(Boolean);

/** How many bytes at the start of a file tell what it is. */
export const SIGNATURE_BYTES = 12;

/** Whether a file is a PNG, JPEG, WebP or GIF: told by its first bytes, whatever its name. */
export const isImage = (bytes: Uint8Array): boolean =>
  holds(bytes, 0, '\x89PNG') ||
  holds(bytes, 0, '\xff\xd8\xff') ||
  (holds(bytes, 0, 'RIFF') && holds(bytes, 8, 'WEBP')) ||
  holds(bytes, 0, 'GIF87a') ||
  holds(bytes, 0, 'GIF89a');

/** Whether a name promises such a file. */
export const isNamedAsImage = (name: string): boolean => /\.(png|jpe?g|jfif|webp|gif)$/i.test(name);
