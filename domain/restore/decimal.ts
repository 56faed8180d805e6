/** Numbers as PostgreSQL and JavaScript write them, compared figure by figure: neither a bigint nor a numeric fits into a number. */

type Decimal = { readonly figures: bigint; readonly exponent: number }

/** A float8 ends at e308; numeric and bigint are written without an exponent. */
const mostExponent = 400

/** Below zero where `a` is less than `b`, above it where it is more, 0 where they are equal; undefined where one of them is no number. */
export function compareDecimals(a: string, b: string): number | undefined {
  const [left, right] = [decimal(a), decimal(b)]
  if (left === undefined || right === undefined) return undefined
  const exponent = Math.min(left.exponent, right.exponent)
  const [x, y] = [scaled(left, exponent), scaled(right, exponent)]
  if (x === y) return 0
  return x < y ? -1 : 1
}

function decimal(written: string): Decimal | undefined {
  const [, sign, whole = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(written) ?? []
  if (sign === undefined || `${whole}${fraction}` === '' || Math.abs(Number(power)) > mostExponent)
    return undefined
  const figures = BigInt(`${whole}${fraction}`)
  return { figures: sign === '-' ? -figures : figures, exponent: Number(power) - fraction.length }
}

function scaled({ figures, exponent }: Decimal, to: number): bigint {
  return figures * 10n ** BigInt(exponent - to)
}
