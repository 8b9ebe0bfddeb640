/** Powers of ten that a double holds exactly. */
const powers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
const mostDigits = 9

/**
 * The shortest decimal that parses to the same float32, as the vendor writes it: 0.4, where the double that holds it is
 * 0.4000000059604645. Rounded to nine digits every float32 parses back; most need eight, and hand-written values need
 * up to six. Scaling, rounding and dividing in doubles are exact enough for that, and cost about as much as formatting
 * the double's seventeen digits, which would then be sent and parsed for nothing.
 *
 * @param float a value that is a float32 already.
 */
export function floatText(float: number): string {
  if (Number.isInteger(float) && Math.abs(float) < 1_000_000) return String(float)
  const magnitude = magnitudeOf(Math.abs(float))
  if (magnitude < -13 || magnitude > 27) return slowly(float)
  // A decimal of fewer digits comes out of seven too, but for two of seven that read back as one float.
  const seven = rounded(float, 6 - magnitude)
  if (Math.fround(seven) === float) {
    const six = rounded(float, 5 - magnitude)
    return String(Math.fround(six) === float ? six : seven)
  }
  const eight = rounded(float, 7 - magnitude)
  return String(Math.fround(eight) === float ? eight : rounded(float, 8 - magnitude))
}

/** The exponent of the first digit. */
function magnitudeOf(value: number): number {
  if (value < 1) {
    if (value >= 0.1) return -1
    if (value >= 0.01) return -2
    if (value >= 0.001) return -3
  }
  return Math.floor(Math.log10(value))
}

/** Rounded to `places` digits after the point; before it, where negative. */
function rounded(value: number, places: number): number {
  const scale = powers[places < 0 ? -places : places] as number
  return places >= 0 ? Math.round(value * scale) / scale : Math.round(value / scale) * scale
}

/** Handles values below 1e-13 or above 1e28, whose power of ten a double cannot hold; denormals need fewer digits. */
function slowly(float: number): string {
  for (let digits = 1; digits < mostDigits; digits++) {
    const decimal = Number(float.toPrecision(digits))
    if (Math.fround(decimal) === float) return String(decimal)
  }
  return String(Number(float.toPrecision(mostDigits)))
}

export function floatsJson(values: Float32Array): string {
  let text = ''
  for (let i = 0; i < values.length; i++) {
    text += i === 0 ? floatText(values[i] as number) : `,${floatText(values[i] as number)}`
  }
  return `[${text}]`
}
