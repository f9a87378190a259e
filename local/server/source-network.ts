/**
 * What counts as one address where guesses are counted: a host has a whole /64 of IPv6 (RFC 4291, RFC 6177) and all of 127/8, and could use another address for each guess.
 * @module
 */
import { isIPv4, isIPv6 } from 'node:net'

/** @param address as a socket tells it */
export function sourceNetwork(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'))) return 'loopback'
  return isIPv6(plain) ? `${prefixOf(plain)}::/64` : plain
}

/** The first four of its eight groups. */
function prefixOf(address: string): string {
  const [withoutZone = ''] = address.split('%')
  // The last 32 bits may be written as IPv4 is.
  const [head = '', tail] = withoutZone.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Array<string>(8 - first.length - last.length).fill('0')
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
