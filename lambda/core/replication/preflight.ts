/**
 * Says beforehand whether a copy can be made in a Region: ReplicateSecretToRegions itself answers before anybody has tried (SM-REPLICA-01). Asked in the Region of the copy, which alone knows its names and keys.
 * @module
 */
import { arnOf, parseSecretIdOfAnyRegion } from '../domain/names.ts'
import { customerKeyId } from '../domain/customer-key-id.ts'
import { arnSuffix } from '../domain/random-id.ts'
import { isReplica } from '../domain/replication.ts'
import type { SecretHead } from '../domain/secret.ts'
import { allowedHead } from '../own-action.ts'
import { ownerScope } from '../rotation/owner.ts'
import { testKey } from '../sealing.ts'
import type { ReplicationCall } from './administer.ts'
import { obstacleMessage, tellTrouble } from './troubles.ts'

export interface PreflightRequest {
  /** As it would be given to ReplicateSecretToRegions. */
  readonly kmsKeyId?: string
  /** ForceOverwriteReplicaSecret */
  readonly overwrite?: boolean
}

export interface PreflightCheck {
  readonly check: 'region' | 'name' | 'key'
  readonly isFine: boolean
  readonly message: string
}

export interface Preflight {
  /** The name or ARN as it was given. */
  readonly secret: string
  readonly region: string
  readonly isFine: boolean
  readonly checks: readonly PreflightCheck[]
}

/** @param call `context.region`: the copy's @throws {ServiceError} */
export async function preflight(call: ReplicationCall, request: PreflightRequest): Promise<Preflight> {
  const { principal, region } = call.context
  // Whatever has the name there is what the answer tells of, and so what access is decided on.
  const { suffix: _any, ...reference } = parseSecretIdOfAnyRegion(call.secretId, {
    account: principal.account,
    region,
  })
  await allowedHead(call, { action: 'coffer:PreflightReplication', reference })
  const { services } = call
  // Also of a secret that is being purged, which no call finds any more: its name is taken until it is gone.
  const present = (await services.store.load(reference.key))?.head
  const checks = [
    checkRegion(region, services.regions),
    checkName(present, { region, overwrite: request.overwrite ?? false }),
    await checkKey(call, { present, key: reference.key, kmsKeyId: request.kmsKeyId }),
  ]
  return { secret: call.secretId, region, isFine: checks.every(({ isFine }) => isFine), checks }
}

const TAKEN =
  'Secret with this name already exists in this region. If it is the primary itself, name another Region; if not, ForceOverwriteReplicaSecret overwrites it, with all its versions.'

const checkRegion = (region: string, regions: readonly string[]): PreflightCheck =>
  regions.includes(region)
    ? { check: 'region', isFine: true, message: `Coffer is in ${region}.` }
    : { check: 'region', isFine: false, message: `Coffer is not in ${region}. It is in ${regions.join(', ')}.` }

function checkName(
  present: SecretHead | undefined,
  { region, overwrite }: { readonly region: string; readonly overwrite: boolean },
): PreflightCheck {
  const told = (isFine: boolean, message: string): PreflightCheck => ({ check: 'name', isFine, message })
  if (!present) return told(true, `The name is free in ${region}.`)
  if (present.state === 'purging') return told(false, obstacleMessage['name-being-deleted'])
  const { source, replicas = [], leaving = [] } = present.replication ?? {}
  if (isReplica(present) && source) {
    const what = `${arnOf(present)} is a replica of the secret in ${source.region}.`
    return told(true, `${what} A request from there is a retry; one from elsewhere needs ForceOverwriteReplicaSecret.`)
  }
  if (!overwrite) return told(false, TAKEN)
  if (replicas.length + leaving.length > 0) return told(false, obstacleMessage['name-taken-by-primary'])
  return told(true, `${arnOf(present)} is overwritten, with all its versions.`)
}

/** The very calls that the first copy begins with. */
async function checkKey(
  { services, context }: ReplicationCall,
  {
    present,
    key,
    kmsKeyId,
  }: {
    readonly present: SecretHead | undefined
    readonly key: SecretHead['key']
    readonly kmsKeyId: string | undefined
  },
): Promise<PreflightCheck> {
  const keyId = customerKeyId(kmsKeyId, key)
  if (keyId === undefined)
    return { check: 'key', isFine: true, message: `The service's own key in ${context.region} is used.` }
  const arn = arnOf({ key, suffix: present?.suffix ?? arnSuffix(services.entropy) })
  try {
    await testKey(services, { arn, keyId, scope: ownerScope(key, services.clock.now()) })
    return { check: 'key', isFine: true, message: `${keyId} can be used for secrets in ${context.region}.` }
  } catch (error) {
    const place = { from: context.region, here: context.region }
    return { check: 'key', isFine: false, message: tellTrouble(error, place).message }
  }
}
