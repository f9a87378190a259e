/**
 * The calls under `/_coffer/replication/`: look at a secret's replication, ask beforehand whether it will work, and give another Region the primary's part.
 * @module
 */
import {
  reprimary,
  showReplication,
  type ReplicationAdministration,
  type ReplicationCall as CoreCall,
} from '../core/replication/administer.ts'
import { preflight } from '../core/replication/preflight.ts'
import { answerOwnCall, invalid, isRegion, type OwnOperation, type OwnRequest } from './own-call.ts'
import type { WireRequest, WireResponse } from './wire.ts'

export const REPLICATION_PATHS = {
  status: '/_coffer/replication/status',
  preflight: '/_coffer/replication/preflight',
  reprimary: '/_coffer/replication/reprimary',
} as const

export type ReplicationCall = keyof typeof REPLICATION_PATHS

export interface ReplicationCallPlace {
  readonly services: ReplicationAdministration
  /** The only Region that is served; absent: all are. */
  readonly region?: string
}

export async function answerReplicationCall(
  { services, region }: ReplicationCallPlace,
  call: ReplicationCall,
  request: WireRequest,
): Promise<WireResponse> {
  const { run, ...operation } = OPERATIONS[call]
  const { principal, origin, requestId } = request
  return answerOwnCall(
    { region, subject: 'replication' },
    {
      ...operation,
      run: ({ secretId, region: where, members }) =>
        run({ services, context: { principal, origin, requestId, region: where }, secretId }, members),
    },
    request,
  )
}

interface Operation extends Omit<OwnOperation, 'run'> {
  readonly run: (call: CoreCall, members: OwnRequest['members']) => Promise<{ readonly secret: string }>
}

const OPERATIONS: Readonly<Record<ReplicationCall, Operation>> = {
  status: { name: 'ShowReplication', run: showReplication },
  preflight: {
    name: 'PreflightReplication',
    members: ['kmsKeyId', 'overwrite'],
    takesArnOfAnyRegion: true,
    run: (call, { kmsKeyId, overwrite }) => {
      if (kmsKeyId !== undefined && !isKeyId(kmsKeyId))
        throw invalid('kmsKeyId must be the id, ARN or alias of a KMS key')
      if (overwrite !== undefined && typeof overwrite !== 'boolean') throw invalid('overwrite must be true or false')
      return preflight(call, {
        ...(kmsKeyId !== undefined && { kmsKeyId }),
        ...(overwrite !== undefined && { overwrite }),
      })
    },
  },
  reprimary: {
    name: 'ReprimaryReplication',
    members: ['to', 'winner'],
    run: (call, { to, winner }) => {
      if (!isRegion(to)) throw invalid('to must be the name of a Region, such as eu-central-1')
      if (winner !== undefined && winner !== 'this' && winner !== 'other')
        throw invalid('winner must be "this" or "other"')
      return reprimary(call, { to, winner })
    },
  },
}

/** The longest KmsKeyId of the API. */
const isKeyId = (given: unknown): given is string => typeof given === 'string' && given.length <= 2048
