/**
 * The identities of the account as operation functions see them: from the snapshot in the table, remembered for a moment. Whatever is missing, old, damaged or at odds with what API Gateway
 * told is an unknown principal, who is denied.
 * @module
 */
import type { Found, IdentityDirectory, Resolution } from '../../../auth/identity.ts'
import { identityIdOf, kindOf, type Principal } from '../../../auth/principal.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import { deploymentPartition, identityNamePrefix } from '../dynamo/item-keys.ts'
import { decoded } from '../dynamo/failures.ts'
import { Table, type TableOptions } from '../dynamo/table.ts'
import { BoundedMap } from '../kms/bounded-map.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { holderIn } from './identity-items.ts'
import { principalNameIn, type PrincipalName } from './principal-name.ts'
import { isUniqueId } from './resolved-identities.ts'
import { SnapshotReader, type Looked } from './snapshot-reader.ts'

export interface AwsDirectoryOptions extends TableOptions, KeyPlace {
  readonly clock: Clock
  /** For how long a snapshot serves that could not be renewed. */
  readonly graceMinutes: number
  /** Has the snapshot renewed for a principal that is not in it, and waits for that; may fail. */
  readonly refresh: (uniqueId: string) => Promise<void>
}

export function awsDirectory(options: AwsDirectoryOptions): IdentityDirectory {
  const { account, region, clock, refresh } = options
  const table = new Table(options)
  const snapshot = new SnapshotReader(options)
  const remembered = new BoundedMap<string, Memory>(REMEMBERED)

  /** Requests for one principal at a time share one look-up. */
  function remember(name: PrincipalName, uniqueId: string): Promise<Looked> {
    const key = `${uniqueId} ${name.kind}/${name.name}`
    const now = clock.now()
    const known = remembered.get(key)
    if (known !== undefined && now < known.until && now >= known.at) return known.looked
    const looked = snapshot.look(name, uniqueId).then(async (first) => {
      if (!first.mayBeNew) return first
      await refresh(uniqueId).catch(() => undefined)
      return snapshot.look(name, uniqueId)
    })
    const memory = { looked, at: now, until: now + KNOWN_MS }
    remembered.set(key, memory)
    const forgetIn = (milliseconds: number) => (memory.until = clock.now() + milliseconds)
    looked.then(
      ({ kind }) => kind === 'unknown' && forgetIn(UNKNOWN_MS),
      () => forgetIn(0),
    )
    return looked
  }

  async function findOwn(principal: Principal, name: PrincipalName): Promise<Found> {
    const uniqueId = identityIdOf(principal)
    if (!isUniqueId(uniqueId)) return unknown('its unique id is none')
    try {
      const looked = await remember(name, uniqueId)
      if (looked.kind === 'unknown') return unknown(looked.reason)
      // Remembered or not, nobody is known by a snapshot that is too old.
      const old = snapshot.tooOld(looked.began)
      if (old !== undefined) return unknown(old)
      const { identity } = looked
      return isOf(principal, identity.arn)
        ? { kind: 'identity', identity }
        : unknown('its ARN is not that of the user or role with its unique id')
    } catch (error) {
      return unknown(`the snapshot of identities cannot be read: ${error instanceof Error ? error.message : 'fault'}`)
    }
  }

  async function holderOf(name: PrincipalName): Promise<{ arn: string; uniqueId: string } | undefined> {
    const item = await snapshot.nameItem(name)
    return item && decoded(item, holderIn)
  }

  return {
    find(principal) {
      const { account: of, arn } = principal
      if (accountIn(arn) !== of) return unknown('its ARN is of another account than it is')
      if (of !== account) return { kind: 'represented' }
      const kind = kindOf(principal)
      if (kind === 'root') return { kind: 'root' }
      if (kind === 'federated') return unknown('sessions of GetFederationToken are not known here')
      const name = principalNameIn(arn)
      if (name === undefined) return unknown('it is neither a user nor a session of a role')
      // A role itself does not sign requests.
      if (name.kind === 'role' && name.session === undefined) return unknown('it is a role without a session')
      return findOwn(principal, name)
    },

    async resolve(given): Promise<Resolution> {
      // A unique id does not tell whose account it is of.
      if (isUniqueId(given)) return { kind: 'unseen' }
      if (accountIn(given) !== account) return { kind: 'unseen' }
      const name = principalNameIn(given)
      if (name === undefined) return given.includes(':federated-user/') ? { kind: 'unseen' } : { kind: 'missing' }
      // The ARN of a session has no path to compare.
      const isIt = (holder: { arn: string } | undefined): boolean =>
        holder !== undefined && (name.session !== undefined || holder.arn === given)
      let holder = await holderOf(name)
      if (!isIt(holder)) {
        // Made a moment ago, perhaps: it is named in a policy as soon as it is there.
        await refresh(given).catch(() => undefined)
        holder = await holderOf(name)
      }
      return holder !== undefined && isIt(holder) ? { kind: 'exists', uniqueId: holder.uniqueId } : { kind: 'missing' }
    },

    async principalFor(arn) {
      if (accountIn(arn) !== account) return undefined
      if (kindOf({ arn }) === 'root') return { account, arn, userId: account, accessKeyId: '' }
      const name = principalNameIn(arn)
      const holder = name && (await holderOf(name))
      if (name === undefined || holder === undefined) return undefined
      const isMeant = name.session !== undefined || holder.arn === arn
      return isMeant ? principalOf(holder, name.session) : undefined
    },

    async *principalsOf(of) {
      if (of !== account) return
      const items = await table.query({
        where: {
          text: '#pk = :pk AND begins_with(#sk, :prefix)',
          names: ['pk', 'sk'],
          values: { ':pk': { S: deploymentPartition(account) }, ':prefix': { S: identityNamePrefix(region) } },
        },
      })
      for (const item of items) {
        const principal = principalOf(decoded(item, holderIn))
        if (principal !== undefined) yield principal
      }
    },
  }
}

/** A moment beside the minute or two that the snapshot is behind anyway. */
const KNOWN_MS = 30_000
/** A new principal need not wait longer, and one that is none costs no more than this. */
const UNKNOWN_MS = 10_000
const REMEMBERED = 1_000

interface Memory {
  readonly looked: Promise<Looked>
  readonly at: number
  until: number
}

const unknown = (reason: string): Found => ({ kind: 'unknown', reason })

const accountIn = (arn: string): string | undefined => arn.split(':')[4]

/** A session's ARN has the name of its role and not its path. */
function isOf({ arn }: Principal, identityArn: string): boolean {
  if (kindOf({ arn }) === 'user') return arn === identityArn
  const [session, role] = [principalNameIn(arn), principalNameIn(identityArn)]
  return role?.kind === 'role' && role.name === session?.name && role.partition === session.partition
}

/** Stands for any session of a role. */
const SESSION = 'session'

function principalOf({ arn, uniqueId }: { arn: string; uniqueId: string }, session = SESSION): Principal | undefined {
  const name = principalNameIn(arn)
  if (name === undefined) return undefined
  const { account, partition } = name
  if (name.kind === 'user') return { account, arn, userId: uniqueId, accessKeyId: '' }
  return {
    account,
    arn: `arn:${partition}:sts::${account}:assumed-role/${name.name}/${session}`,
    userId: `${uniqueId}:${session}`,
    accessKeyId: '',
    session: 'unseen',
  }
}
