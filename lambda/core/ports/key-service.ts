/**
 * Keys, as the core sees them: AWS KMS on AWS, the keyring embedded. A key is only ever named and used, never seen; what leaves the
 * service is a data key and its wrapped form.
 * @module
 */
import type { Principal } from '../../auth/principal.ts'

/** `per-secret`: a dedicated key for each secret without a customer key; `shared`: one service key per account and Region. */
export type KeyMode = 'per-secret' | 'shared'

/** Bound to every wrapped data key as additional authenticated data (behaviour section 10). */
export interface EncryptionContext {
  readonly SecretARN: string
  readonly SecretVersionId: string
}

/** On whose behalf and where: keys are looked up in this account and Region. */
export interface KeyScope {
  readonly account: string
  readonly region: string
  readonly principal: Principal
}

export interface KeyUse {
  /** A key id, key ARN, alias name or alias ARN: a customer's as they wrote it, or the ARN of a service key. */
  readonly keyId: string
  readonly context: EncryptionContext
  readonly scope: KeyScope
}

export interface KeyEncryptUse extends KeyUse {
  /**
   * Whose key `keyId` is meant to be. A service key that a caller names as if it were their own is `denied`: they would seal a secret under a key that
   * another secret's purge destroys.
   */
  readonly owner: 'customer' | 'service'
}

export interface KeyDecryptUse extends KeyUse {
  readonly wrapped: Uint8Array
  /** `service`: a key that the service has made, perhaps a moment ago and elsewhere. */
  readonly owner?: KeyEncryptUse['owner']
}

export interface WrappedDataKey {
  readonly wrapped: Uint8Array
  /** ARN of the key that wrapped it. */
  readonly keyArn: string
}

export interface DataKey extends WrappedDataKey {
  /** 256 bits. Whoever gets it wipes it. */
  readonly key: Uint8Array
}

/** What decides who may use a customer's key, as the key's own account has it. */
export interface KeyDescription {
  readonly arn: string
  /** The account that owns it. */
  readonly account: string
  readonly region: string
  /** The text of its key policy. */
  readonly policy: string
  /** See ResourcePolicy; absent where the policy itself says who is meant, as KMS writes it. */
  readonly principalIds?: ReadonlyMap<string, string>
  /** Undefined where they can't be seen here. */
  readonly tags: readonly { readonly key: string; readonly value: string }[] | undefined
  /** Names, with their `alias/`; undefined where they can't be seen here. */
  readonly aliases: readonly string[] | undefined
  /** In KMS's words, such as `SYMMETRIC_DEFAULT`, `ENCRYPT_DECRYPT` and `AWS_KMS`; undefined where KMS does not tell. */
  readonly keySpec: string | undefined
  readonly keyUsage: string | undefined
  readonly origin: string | undefined
  /** Absent for a single-Region key. */
  readonly multiRegionType?: 'PRIMARY' | 'REPLICA'
}

/**
 * All methods throw {@link KeyFailure}. None of them asks whether the principal may: key-access.ts has done that, with what {@link KeyService.describeKey} tells.
 */
export interface KeyService {
  readonly mode: KeyMode
  /**
   * A customer's key, in whatever state, as it is or was up to a minute ago. Denied: a service key, a key whose policy can't be read, and one of another account
   * that is not there or not to be used here.
   */
  describeKey(request: { readonly keyId: string; readonly scope: KeyScope }): Promise<KeyDescription>
  /**
   * The service key for a new secret: a fresh dedicated multi-Region key tagged with the ARN (`per-secret`), or the deployment's key
   * of that account and Region, made on first use (`shared`).
   * @returns the key's ARN
   */
  serviceKey(request: { readonly secretArn: string; readonly scope: KeyScope }): Promise<string>
  /** kms:GenerateDataKey: a fresh 256-bit data key. */
  generateDataKey(use: KeyEncryptUse): Promise<DataKey>
  /** kms:Encrypt of a 256-bit data key that the caller made: re-encryption under another key. */
  wrapDataKey(use: KeyEncryptUse & { readonly dataKey: Uint8Array }): Promise<WrappedDataKey>
  /**
   * kms:Decrypt: the data key behind `wrapped`, which must have been wrapped by `keyId`, or by a key related to it, under the same context. Whoever gets it wipes it. `scope.region` may be another Region than
   * this service's home where replication has given it the means.
   */
  unwrapDataKey(use: KeyDecryptUse): Promise<Uint8Array>
  /**
   * The service key for a copy of a secret in `scope.region`. In `per-secret` mode: a multi-Region replica of the source's dedicated key, the one that is there already if there is one (taken back from its deletion and
   * enabled where need be), tagged with the copy's ARN; a fresh dedicated key, as of {@link KeyService.serviceKey}, where there is no source key or it cannot be replicated (it is a replica itself, or shared).
   * In `shared` mode: that Region's shared key.
   * @returns the key's ARN; the two keys are related where their key ids are the same, and then each opens what the other has wrapped
   */
  replicaKey(request: {
    readonly sourceKeyArn: string | undefined
    readonly secretArn: string
    readonly scope: KeyScope
  }): Promise<string>
  /**
   * Takes a dedicated service key back from its deletion and enables it.
   * @param only `onlyEnding`: one that is merely disabled stays so: it may be somebody's switch
   * @returns false when it is gone, or not ours
   */
  reviveServiceKey(keyArn: string, only?: { readonly onlyEnding: boolean }): Promise<boolean>
  /**
   * Schedules the deletion of a dedicated service key (a no-op for shared and customer keys, and for a key that is already pending or gone).
   * Only a purge and the loser of a creation race call it: destroying the key is what makes a purged secret unreadable for ever.
   */
  retireServiceKey(keyArn: string): Promise<void>
  /** Dedicated service keys that are not pending deletion, in a stable order, for the daily check against the heads. */
  scanServiceKeys(after: string | undefined, limit: number): Promise<readonly ScannedKey[]>
}

export interface ScannedKey {
  readonly keyArn: string
  /** The secret that it was made for. */
  readonly secretArn: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Where to go on from: the `after` of the next call. */
  readonly position: string
}

/** `denied`: the caller may not use the key. `unusable`: missing, disabled, pending deletion, wrong kind, or the blob is not its own. */
export type KeyFailureKind = 'denied' | 'unusable' | 'throttled'

export class KeyFailure extends Error {
  override readonly name = 'KeyFailure'
  readonly kind: KeyFailureKind
  /** KMS's own code, such as `DisabledException`. */
  readonly code: string
  readonly requestId: string

  /** `message` is KMS's own text; it names keys, never material. */
  constructor(failure: { kind: KeyFailureKind; code: string; message: string; requestId: string }) {
    super(failure.message)
    this.kind = failure.kind
    this.code = failure.code
    this.requestId = failure.requestId
  }
}
