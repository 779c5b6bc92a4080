/**
 * Φ⁻¹(p) for p from 1e-10 to 1 − 1e-10, to 16 digits. Wichura 1988, "The percentage points of the normal distribution"
 * (AS 241, PPND16), without its branch for tails beyond.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRE_ABOVE, r)) / polynomial(CENTRE_BELOW, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p)) - 1.6;
  return (Math.sign(q) * polynomial(TAIL_ABOVE, r)) / polynomial(TAIL_BELOW, r);
}

/** Highest power first. */
function polynomial(coefficients: Float64Array, x: number): number {
  let value = 0;
  for (let i = 0; i < 8; i++) value = value * x + coefficients[i]!;
  return value;
}

const CENTRE_ABOVE = Float64Array.of(
  2509.0809287301227,
  33430.575583588128,
  67265.770927008701,
  45921.953931549871,
  13731.693765509461,
  1971.5909503065514,
  133.14166789178438,
  3.387132872796366608,
);
const CENTRE_BELOW = Float64Array.of(
  5226.495278852854561,
  28729.085735721943,
  39307.89580009271061,
  21213.794301586596,
  5394.1960214247511,
  687.18700749205791,
  42.313330701600911,
  1,
);
const TAIL_ABOVE = Float64Array.of(
  7.7454501427834141e-4,
  0.022723844989269185,
  0.24178072517745061,
  1.2704582524523684,
  3.6478483247632046,
  5.769497221460691,
  4.6303378461565453,
  1.4234371107496836,
);
const TAIL_BELOW = Float64Array.of(
  1.0507500716444168e-9,
  5.475938084995345e-4,
  0.015198666563616457,
  0.14810397642748007,
  0.68976733498510000455,
  1.6763848301838038,
  2.0531916266377588,
  1,
);
