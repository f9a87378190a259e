/**
 * On whose behalf the service works by itself: as the root of the account that the secret belongs to. So an explicit Deny, of a secret's policy or of a key's, counts for it as for everybody, and a key
 * whose policy does not let the account in stays closed to it.
 * @module
 */
import type { AccessScope } from '../key-scope.ts'
import { partitionOf } from '../domain/names.ts'
import type { SecretKey } from '../domain/secret.ts'
import type { RequestContext } from '../services.ts'

/** @param now epoch milliseconds of wall or domain time: conditions on times ask for it */
export function ownerContext(
  { account, region }: Omit<SecretKey, 'name'>,
  requestId: string,
  now: number,
): RequestContext {
  const arn = `arn:${partitionOf(region)}:iam::${account}:root`
  return {
    principal: { account, arn, userId: account, accessKeyId: '' },
    origin: { receivedAt: now, isSecure: true, userAgent: SERVICE },
    region,
    requestId,
  }
}

export function ownerScope(key: SecretKey, now: number): AccessScope {
  const { principal, origin, region } = ownerContext(key, '', now)
  return { principal, origin, account: key.account, region }
}

const SERVICE = 'secretsmanager.amazonaws.com'
