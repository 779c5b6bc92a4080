/** How numbers stand in the page. An undefined one is a dash. */
const shown = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '–' : format(value);

/** A score in [0, 1]: three digits. */
export const score = (value: number | null | undefined): string => shown(value, (v) => v.toFixed(3));

/** A difference of scores, with its sign. */
export const difference = (value: number | null | undefined): string =>
  shown(value, (v) => `${v < 0 ? '−' : '+'}${Math.abs(v).toFixed(3)}`);

/** A ratio: three significant digits, whole from 100 on. */
export const ratio = (value: number | null | undefined): string =>
  shown(value, (v) => (v >= 100 ? count(Math.round(v)) : v >= 10 ? v.toFixed(1) : v.toFixed(2)));

export const count = (value: number | null | undefined): string => shown(value, (v) => v.toLocaleString('en-US'));

export const duration = (seconds: number | null | undefined): string =>
  shown(seconds, (s) => {
    if (s < 90) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
    const whole = Math.round(s);
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  });

/** Anything else that a metric may be. */
export const plain = (value: number | null | undefined): string =>
  shown(value, (v) => (Number.isInteger(v) ? count(v) : v.toPrecision(3)));

export const median = (values: readonly number[]): number | null =>
  values.length === 0 ? null : [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

export const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
