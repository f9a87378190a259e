/**
 * A user as it begins: without policies, groups, keys and devices.
 * @module
 */
import type { User } from './model.ts'

export interface UserNaming {
  /** Twelve digits. */
  readonly account: string
  readonly id: string
  readonly name: string
  /** By default the root of all paths. */
  readonly path?: string
  /** Epoch milliseconds, wall time. */
  readonly createdAt: number
}

export const newUser = ({ account, id, name, path = '/', createdAt }: UserNaming): User => ({
  origin: 'api',
  id,
  name,
  path,
  arn: `arn:aws:iam::${account}:user${path}${name}`,
  createdAt,
  inline: new Map(),
  attached: [],
  tags: [],
  groups: [],
  accessKeys: [],
  mfaDevices: [],
})
