/**
 * The KeyService port over a few keys in memory, for tests of the core that want to make keys fail. Wrapping is real AES-GCM, so that a wrong context or key is found out.
 * @module
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import {
  KeyFailure,
  type DataKey,
  type EncryptionContext,
  type KeyDescription,
  type KeyFailureKind,
  type KeyMode,
  type KeyService,
  type KeyEncryptUse,
  type KeyUse,
  type ScannedKey,
  type WrappedDataKey,
} from '../../lambda/core/ports/key-service.ts'

const OWN_ACCOUNT = '123456789012'
const PREFIX = `arn:aws:kms:us-east-1:${OWN_ACCOUNT}:key/`

type Verb = 'generate' | 'wrap' | 'unwrap'

export class MemoryKeyService implements KeyService {
  readonly mode: KeyMode
  readonly calls: string[] = []
  readonly retired: string[] = []
  /** Service keys; a test may change their age. */
  readonly made: { keyArn: string; secretArn: string; createdAt: number }[] = []
  readonly contexts: EncryptionContext[] = []
  readonly #keys = new Map<string, KeyObject>()
  readonly #failures = new Map<string, KeyFailureKind>()

  constructor(mode: KeyMode = 'per-secret') {
    this.mode = mode
  }

  /** A customer key; use it by the ARN returned. */
  addKey(name: string, account = OWN_ACCOUNT): string {
    const arn = PREFIX.replace(OWN_ACCOUNT, account) + name
    this.#keys.set(arn, createSecretKey(randomBytes(32)))
    return arn
  }

  /** From now on `verb` with this key fails. */
  fail(keyArn: string, verb: Verb, kind: KeyFailureKind): void {
    this.#failures.set(`${verb} ${keyArn}`, kind)
  }

  async serviceKey({ secretArn }: { secretArn: string }): Promise<string> {
    this.calls.push('serviceKey')
    if (this.mode === 'shared') return this.addKey('shared')
    const keyArn = this.addKey(`service-${this.made.length}`)
    this.made.push({ keyArn, secretArn, createdAt: 0 })
    return keyArn
  }

  /** With the policy that leaves everything to the account, unless a test says otherwise. */
  readonly policies = new Map<string, string>()

  async describeKey({ keyId }: { readonly keyId: string }): Promise<KeyDescription> {
    const arn = keyId.startsWith('arn:') ? keyId : PREFIX + keyId
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
    return Buffer.concat([decipher.update(use.wrapped.subarray(28)), decipher.final()])
  }

  async retireServiceKey(keyArn: string): Promise<void> {
    this.retired.push(keyArn)
  }

  async scanServiceKeys(after: string | undefined, limit: number): Promise<readonly ScannedKey[]> {
    const from = after === undefined ? 0 : Number(after)
    return this.made.slice(from, from + limit).map((key, index) => ({ ...key, position: String(from + index + 1) }))
  }

  #wrap(verb: Verb, use: KeyUse, plain: Uint8Array): WrappedDataKey {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#use(verb, use), nonce)
    cipher.setAAD(Buffer.from(JSON.stringify(use.context)))
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
    return { wrapped: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]), keyArn: use.keyId }
  }

  #use(verb: Verb, { keyId, context }: KeyUse): KeyObject {
    this.calls.push(verb)
    this.contexts.push(context)
    const kind = this.#failures.get(`${verb} ${keyId}`)
    const key = this.#keys.get(keyId)
    if (kind || !key) throw failure(kind ?? 'unusable', keyId)
    return key
  }
}

const failure = (kind: KeyFailureKind, keyId: string): KeyFailure =>
  new KeyFailure({ kind, code: 'DisabledException', message: `${keyId} is disabled.`, requestId: 'request-of-kms' })
