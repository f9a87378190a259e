/**
 * Where managed rotation may connect to. The host of a database comes from the JSON of a secret: who writes it must not reach by it what listens only on the machine that rotates, or the credentials that
 * clouds offer at link-local addresses.
 * @module
 */
import { BlockList, isIP } from 'node:net'

export interface Target {
  /** As the secret gives it: a name or an address. */
  readonly host: string
  /** What it resolves to. */
  readonly address: string
}

export type MayReach = (target: Target) => boolean

export const anywhere: MayReach = () => true

/** @param listed names and addresses that may be reached all the same; a name with all addresses that it has */
export function outsideOnly(listed: readonly string[] = []): MayReach {
  const exceptions = new Set(listed.map(plainName))
  return ({ host, address }) =>
    exceptions.has(plainName(host)) || exceptions.has(plainName(address)) || !isInside(address)
}

const inside = new BlockList()
for (const [network, prefix] of [
  // Unspecified: the machine itself, too.
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const)
  inside.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  // Unspecified, loopback, and IPv4 addresses in their old notation.
  ['::', 96],
  ['fe80::', 10],
  ['ff00::', 8],
  // Of the metadata services on AWS.
  ['fd00:ec2::', 32],
] as const)
  inside.addSubnet(network, prefix, 'ipv6')

/** What cannot be read is inside. */
function isInside(address: string): boolean {
  const [plain = ''] = address.split('%')
  const family = isIP(plain)
  return family === 0 || inside.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '')
