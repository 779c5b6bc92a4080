/** Ticks of a log axis from `least` to `most`: 1, 2 and 5 of each power of ten; only the powers when that is enough. */
export function logTicks(least: number, most: number): number[] {
  const powers = Array.from({ length: 25 }, (_, i) => Number(`1e${i - 12}`));
  const all = powers.flatMap((power) => [power, 2 * power, 5 * power].map((tick) => Number(tick.toPrecision(1))));
  const inside = (ticks: readonly number[]): number[] => ticks.filter((tick) => tick >= least && tick <= most);
  const few = inside(powers);
  return few.length >= 4 ? few : inside(all);
}
