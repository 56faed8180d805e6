/** Base64 of RFC 4648, section 4: neither Buffer nor atob exists in every place that imports the domain. */

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = bytes.subarray(i, i + 3)
    const three = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    text += digit(three >> 18) + digit(three >> 12)
    text += b === undefined ? '=' : digit(three >> 6)
    text += c === undefined ? '=' : digit(three)
  }
  return text
}

/** Undefined for anything but the one way in which these bytes are written. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3)
  for (let i = 0; i < text.length; i += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => Math.max(0, digits.indexOf(text.charAt(i + at))))
    const three = ((a ?? 0) << 18) | ((b ?? 0) << 12) | ((c ?? 0) << 6) | (d ?? 0)
    bytes.set([three >> 16, (three >> 8) & 255, three & 255], (i / 4) * 3)
  }
  const whole = bytes.subarray(0, bytes.length - padding)
  // Bits that stand behind the last byte would make two texts of the same bytes.
  return toBase64(whole) === text ? whole : undefined
}

function digit(bits: number): string {
  return digits.charAt(bits & 63)
}
