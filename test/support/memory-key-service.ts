/**
 * The KeyService port over a few keys in memory, for tests of the core that want to make keys fail. Wrapping is real AES-GCM, so that a wrong context or key is found out.
 * @module
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { isSameSecret } from '../../lambda/adapters/regionless-arn.ts'
import {
  KeyFailure,
  type DataKey,
  type EncryptionContext,
  type KeyDescription,
  type KeyFailureKind,
  type KeyMode,
  type KeyScope,
  type KeyService,
  type KeyEncryptUse,
  type KeyUse,
  type ScannedKey,
  type WrappedDataKey,
} from '../../lambda/core/ports/key-service.ts'

const OWN_ACCOUNT = '123456789012'
const OWN = { account: OWN_ACCOUNT, region: 'us-east-1' }
type Place = Pick<KeyScope, 'account' | 'region'>

type Verb = 'generate' | 'wrap' | 'unwrap'

export class MemoryKeyService implements KeyService {
  readonly mode: KeyMode
  readonly calls: string[] = []
  readonly retired: string[] = []
  /** Service keys; a test may change their age. */
  readonly made: { keyArn: string; secretArn: string; createdAt: number }[] = []
  readonly contexts: EncryptionContext[] = []
  /** By ARN; related keys are one. */
  readonly #keys = new Map<string, KeyObject>()
  readonly #pending = new Set<string>()
  /** By replica key. */
  readonly #primaries = new Map<string, string>()
  #count = 0
  readonly #failures = new Map<string, KeyFailureKind>()

  constructor(mode: KeyMode = 'per-secret') {
    this.mode = mode
  }

  /** A customer key; use it by the ARN returned. */
  addKey(name: string, account = OWN_ACCOUNT, region = OWN.region): string {
    const arn = arnOf({ account, region }, name)
    this.#keys.set(arn, createSecretKey(randomBytes(32)))
    return arn
  }

  /** From now on `verb` with this key fails. */
  fail(keyArn: string, verb: Verb, kind: KeyFailureKind): void {
    this.#failures.set(`${verb} ${keyArn}`, kind)
  }

  async serviceKey({ secretArn, scope = OWN }: { secretArn: string; scope?: Place }): Promise<string> {
    this.calls.push('serviceKey')
    const { account, region } = scope
    if (this.mode === 'shared') {
      const name = `mrk-shared-${region}`
      const shared = arnOf(scope, name)
      return this.#keys.has(shared) ? shared : this.addKey(name, account, region)
    }
    const keyArn = this.addKey(`mrk-service-${this.#count++}`, account, region)
    this.made.push({ keyArn, secretArn, createdAt: 0 })
    return keyArn
  }

  async replicaKey({ sourceKeyArn, secretArn, scope }: Parameters<KeyService['replicaKey']>[0]): Promise<string> {
    this.calls.push('replicaKey')
    const related = sourceKeyArn === undefined ? undefined : this.#relatedKey(sourceKeyArn, secretArn, scope)
    return related ?? this.serviceKey({ secretArn, scope })
  }

  async reviveServiceKey(keyArn: string): Promise<boolean> {
    this.calls.push('reviveServiceKey')
    this.#pending.delete(keyArn)
    return this.#madeFor(keyArn) !== undefined
  }

  /** Every waiting period that has begun ends: those keys are destroyed. */
  passWindow(): void {
    for (const keyArn of [...this.#pending].filter((each) => this.stateOf(each) === 'PendingDeletion')) {
      this.#pending.delete(keyArn)
      this.#keys.delete(keyArn)
      this.made.splice(
        this.made.findIndex((key) => key.keyArn === keyArn),
        1,
      )
    }
  }

  /** In KMS's words. */
  stateOf(keyArn: string): string {
    if (!this.#keys.has(keyArn)) throw failure('unusable', keyArn)
    if (!this.#pending.has(keyArn)) return 'Enabled'
    const isWaiting = [...this.#primaries].some(([replica, primary]) => primary === keyArn && this.#keys.has(replica))
    return isWaiting ? 'PendingReplicaDeletion' : 'PendingDeletion'
  }

  /** With the policy that leaves everything to the account, unless a test says otherwise. */
  readonly policies = new Map<string, string>()

  async describeKey({ keyId }: { readonly keyId: string }): Promise<KeyDescription> {
    const arn = keyId.startsWith('arn:') ? keyId : arnOf(OWN, keyId)
    if (!this.#keys.has(arn)) throw failure('unusable', keyId)
    const [, , , region = '', account = ''] = arn.split(':')
    const delegated = { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' }
    return {
      arn,
      account,
      region,
      policy: this.policies.get(arn) ?? JSON.stringify({ Version: '2012-10-17', Statement: [delegated] }),
      tags: [],
      aliases: [],
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
    }
  }

  async generateDataKey(use: KeyEncryptUse): Promise<DataKey> {
    const plain = randomBytes(32)
    return { ...this.#wrap('generate', use, plain), key: plain }
  }

  async wrapDataKey(use: KeyEncryptUse & { readonly dataKey: Uint8Array }): Promise<WrappedDataKey> {
    return this.#wrap('wrap', use, use.dataKey)
  }

  async unwrapDataKey(use: KeyUse & { readonly wrapped: Uint8Array }): Promise<Uint8Array> {
    const key = this.#use('unwrap', use)
    const decipher = createDecipheriv('aes-256-gcm', key, use.wrapped.subarray(0, 12))
    decipher.setAAD(Buffer.from(JSON.stringify(use.context)))
    decipher.setAuthTag(use.wrapped.subarray(12, 28))
    const opened = decipher.update(use.wrapped.subarray(28))
    try {
      return Buffer.concat([opened, decipher.final()])
    } catch {
      throw failure('unusable', use.keyId, 'InvalidCiphertextException')
    }
  }

  async retireServiceKey(keyArn: string): Promise<void> {
    this.retired.push(keyArn)
    if (this.#madeFor(keyArn) !== undefined) this.#pending.add(keyArn)
  }

  async scanServiceKeys(after: string | undefined, limit: number): Promise<readonly ScannedKey[]> {
    const from = after === undefined ? 0 : Number(after)
    return this.made.slice(from, from + limit).map((key, index) => ({ ...key, position: String(from + index + 1) }))
  }

  #relatedKey(sourceKeyArn: string, secretArn: string, { region }: Place): string | undefined {
    const keyArn = sourceKeyArn.replace(/^((?:[^:]+:){3})[^:]+/, `$1${region}`)
    if (keyArn === sourceKeyArn) return undefined
    if (this.#madeFor(keyArn) === secretArn) {
      this.#pending.delete(keyArn)
      return keyArn
    }
    const material = this.#keys.get(sourceKeyArn)
    const isPrimary = !this.#primaries.has(sourceKeyArn) && !this.#pending.has(sourceKeyArn)
    if (!material || !isPrimary || !isSameSecret(this.#madeFor(sourceKeyArn), secretArn)) return undefined
    this.#keys.set(keyArn, material)
    this.#primaries.set(keyArn, sourceKeyArn)
    this.made.push({ keyArn, secretArn, createdAt: 0 })
    return keyArn
  }

  #madeFor(keyArn: string): string | undefined {
    return this.made.find((key) => key.keyArn === keyArn)?.secretArn
  }

  #wrap(verb: Verb, use: KeyUse, plain: Uint8Array): WrappedDataKey {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#use(verb, use), nonce)
    cipher.setAAD(Buffer.from(JSON.stringify(use.context)))
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
    return { wrapped: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]), keyArn: use.keyId }
  }

  #use(verb: Verb, { keyId, context, scope }: KeyUse): KeyObject {
    this.calls.push(verb)
    this.contexts.push(context)
    const kind = this.#failures.get(`${verb} ${keyId}`)
    const key = this.#keys.get(keyId)
    // KMS looks only in the Region that is asked.
    if (keyId.split(':')[3] !== scope.region) throw failure('unusable', keyId, 'NotFoundException')
    if (kind || !key || this.#pending.has(keyId)) throw failure(kind ?? 'unusable', keyId)
    return key
  }
}

const arnOf = ({ account, region }: Place, id: string): string => `arn:aws:kms:${region}:${account}:key/${id}`

const failure = (kind: KeyFailureKind, keyId: string, code = 'DisabledException'): KeyFailure =>
  new KeyFailure({ kind, code, message: `${keyId} is disabled.`, requestId: 'request-of-kms' })
