/**
 * IP addresses and CIDR ranges (RFC 4632, RFC 4291). An IPv4 address written as an IPv6 one (::ffff:10.0.0.1) is the IPv4 address: else a Deny of its range could be walked around.
 * @module
 */
export interface IpRange {
  readonly family: 4 | 6
  /** Words of 16 bits: two or eight. */
  readonly words: readonly number[]
  /** How many leading bits count. */
  readonly prefix: number
}

/** Of an address alone the range holds just that. Undefined: neither an address nor a range. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', length, ...more] = text.split('/')
  const words = parseIpv4(address) ?? parseIpv6(address)
  if (words === undefined || more.length > 0) return undefined
  const bits = words.length * 16
  if (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined
  const prefix = length === undefined ? bits : Number(length)
  if (prefix > bits) return undefined
  if (bits === 32) return { family: 4, words, prefix }
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff && prefix >= 96
  return isMapped ? { family: 4, words: words.slice(6), prefix: prefix - 96 } : { family: 6, words, prefix }
}

export function isInRange(address: IpRange, range: IpRange): boolean {
  if (address.family !== range.family || address.prefix < range.prefix) return false
  return range.words.every((word, index) => {
    const bits = Math.min(16, Math.max(0, range.prefix - index * 16))
    const mask = (0xffff << (16 - bits)) & 0xffff
    return (word & mask) === ((address.words[index] ?? 0) & mask)
  })
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number)
  return [a * 256 + b, c * 256 + d]
}

function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : groups(half)))
  if (head === undefined) return undefined
  if (halves.length === 1) return head.length === 8 ? head : undefined
  if (tail === undefined || head.length + tail.length > 7) return undefined
  // An IPv4 address may stand at the very end alone.
  if (text.slice(0, text.indexOf('::')).includes('.')) return undefined
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function groups(text: string): readonly number[] | undefined {
  const parts = text.split(':')
  const words: number[] = []
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : undefined
    if (ipv4 !== undefined) words.push(...ipv4)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) words.push(Number.parseInt(part, 16))
    else return undefined
  }
  return words.length <= 8 ? words : undefined
}
