/**
 * Why a copy could not be made, in words that say what to do about it (SM-REPLICA-03). They name Regions, names and keys, never a value.
 * @module
 */
import { ServiceError } from '../domain/errors.ts'
import { ValueMissing } from '../fresh-state.ts'
import { KeyFailure } from '../ports/key-service.ts'
import { StoreFailure } from '../ports/secret-store.ts'
import type { Obstacle } from './plan.ts'

/** The words of the service's model (behaviour 9.1), and what to do. */
export const obstacleMessage: Readonly<Record<Obstacle, string>> = {
  'name-taken':
    'Secret with this name already exists in this region. To overwrite it, call ReplicateSecretToRegions again with ForceOverwriteReplicaSecret; or remove this Region from replication.',
  'copy-of-another':
    'A replica of this secret already exists in this region, of a primary in another Region. To make it one of this primary, call ReplicateSecretToRegions again with ForceOverwriteReplicaSecret.',
  'name-taken-by-primary':
    'Secret with this name already exists in this region and has replicas itself. Remove them from its replication first, then call ReplicateSecretToRegions again with ForceOverwriteReplicaSecret.',
  'name-being-deleted': 'Secret with this name is being deleted in this region. The copy is made when that is done.',
  'taken-over':
    'The replica in this region was overwritten: another primary has it, or another secret its name. Remove this Region from replication, or call ReplicateSecretToRegions again with ForceOverwriteReplicaSecret.',
  'not-wanted':
    'The secret in its primary region does not count this region among its replicas. Add it there with ReplicateSecretToRegions, or call StopReplicationToReplica in this region to make the replica a secret of its own.',
  'primary-gone':
    'The primary secret is gone. The replica stays as it is: call StopReplicationToReplica in this region to make it a secret of its own.',
}

export interface Told {
  readonly message: string
  /** It passes by itself, and the next attempts will tell. */
  readonly isPassing: boolean
  /** Whether the log shall hear of it: nothing that people of this deployment can mend by themselves. */
  readonly isFault: boolean
}

interface Place {
  /** The primary's Region. */
  readonly from: string
  /** The copy's. */
  readonly here: string
}

export function tellTrouble(error: unknown, place: Place): Told {
  if (error instanceof SourceKeyTrouble) return tellSourceTrouble(error.cause, place)
  if (error instanceof ServiceError) return tellServiceError(error, place)
  if (error instanceof KeyFailure) return tellKeyFailure(error, place)
  if (error instanceof ValueMissing) return { message: VALUE_MISSING, isPassing: true, isFault: false }
  if (error instanceof StoreFailure) return { message: PASSING, isPassing: true, isFault: error.kind !== 'throttled' }
  return { message: PASSING, isPassing: true, isFault: true }
}

/** The copy's key is not at fault: another one would change nothing. */
function tellSourceTrouble(cause: unknown, place: Place): Told {
  if (!(cause instanceof KeyFailure) || cause.kind === 'throttled') return tellTrouble(cause, place)
  const { kind, code, message } = cause
  const reason = kind === 'denied' ? 'Its key policy does not let this account use it.' : `${message} (${code})`
  return {
    message: `The value can't be opened with its key in ${place.from}. ${reason} Make that key usable again, or store a new value under another one.`,
    isPassing: false,
    isFault: false,
  }
}

/** Opening the primary's value has failed, which is another key than the copy's. */
export class SourceKeyTrouble extends Error {
  override readonly name = 'SourceKeyTrouble'

  constructor(cause: unknown) {
    super('a value of the primary could not be opened', { cause })
  }
}

const VALUE_MISSING =
  'A value of the primary secret is not to be found in this region. It is tried again; if it stays, see whether it can be read in its own region.'
const PASSING =
  'Replication has met trouble that should pass by itself. It is tried again; if it stays, see the log of this region.'

function tellServiceError(error: ServiceError, place: Place): Told {
  switch (error.code) {
    case 'ThrottlingException':
      return { message: PASSING, isPassing: true, isFault: false }
    case 'AccessDeniedException':
      return keyNotAllowed(place)
    case 'EncryptionFailure':
    case 'DecryptionFailure':
      return { message: `${error.message} ${KEY_ADVICE}`, isPassing: false, isFault: false }
    case 'InternalServiceError':
      return { message: PASSING, isPassing: true, isFault: true }
    default:
      return { message: error.message, isPassing: false, isFault: false }
  }
}

function tellKeyFailure({ kind, code, message }: KeyFailure, place: Place): Told {
  if (kind === 'throttled') return { message: PASSING, isPassing: true, isFault: false }
  // KMS's own words would name the role that asks.
  if (kind === 'denied') return keyNotAllowed(place)
  return { message: `${message} (${code}) ${KEY_ADVICE}`, isPassing: false, isFault: false }
}

const keyNotAllowed = ({ here }: Place): Told => ({
  message: `Access to the KMS key is not allowed. Its key policy must let this account use it for secrets in ${here}; then call ReplicateSecretToRegions again, with another KmsKeyId where that is wanted.`,
  isPassing: false,
  isFault: false,
})

const KEY_ADVICE =
  'The KMS key must be a symmetric encryption key in the Region of its secret, and enabled. Enable it, or call ReplicateSecretToRegions again with another KmsKeyId, such as alias/aws/secretsmanager.'
