/** How messages write numbers. */

/** `12,345` */
export const whole = (value: number): string => Math.round(value).toLocaleString('en');

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** `12 s`, `7 min`, `2.5 h` */
export const duration = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;
