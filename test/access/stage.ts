/**
 * Makes what the cases need, all at once, and plays each of them: by the stock clients, against whatever serves at the target's addresses.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { KMS } from '@aws-sdk/client-kms'
import { SecretsManager, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { STS, type Credentials } from '@aws-sdk/client-sts'
import type { AccessKey } from '../../local/identities/access-keys.ts'
import { codeAt, seedBytes, stepAt } from '../../local/identities/totp.ts'
import { grant, when, type AccessCase, type CallerPlan, type SecretPlan, type Statement } from './access-case.ts'
import { identitiesFor, knownNames, type Identities } from './identities.ts'
import { filled, FRIENDS, HOME, nameOf, secondNameOf, SESSION_NAME, type Names } from './names.ts'

export interface AccessTarget {
  readonly endpoint: string
  /** Of KMS and STS, where that is another. */
  readonly identityEndpoint?: string
  readonly admin: AccessKey
  readonly clientOptions?: Partial<SecretsManagerClientConfig>
  /** What else must not be seen, by name. */
  readonly canaries?: Readonly<Record<string, string>>
  /** Differences by design apply. */
  readonly isAws: boolean
}

export interface NumberedCase extends AccessCase {
  readonly id: string
}

/** What a call came to. */
export type Played =
  | { readonly kind: 'done'; readonly answer: object; readonly names: Names }
  | {
      readonly kind: 'refused'
      readonly code: string
      readonly message: string
      readonly status: number
      readonly names: Names
    }

interface SigningKeys extends AccessKey {
  readonly sessionToken?: string
}

/** Cases at a time. */
const LANES = 8
const VALUE_MARK = 'SeCrEtOfTheAccessSuite'

export class Stage {
  readonly #region: string
  readonly #cases: readonly NumberedCase[]
  readonly identities: Identities
  /** Whatever must not be seen anywhere: name and text. */
  readonly canaries = new Map<string, string>([['value', VALUE_MARK]])
  readonly #closing: { destroy(): void }[] = []
  #target: AccessTarget | undefined

  constructor(cases: readonly NumberedCase[], region: string) {
    this.#region = region
    this.#cases = cases
    this.identities = identitiesFor(cases, region)
    for (const [id, { accessKey, seed }] of this.identities.secrets) {
      this.canaries.set(`secret access key of ${id}`, accessKey.secretAccessKey)
      if (seed !== undefined) this.canaries.set(`seed of ${id}`, seed)
    }
  }

  /** @returns by id */
  async playAll(target: AccessTarget): Promise<ReadonlyMap<string, Played>> {
    this.#target = target
    this.canaries.set('secret access key of the admin', target.admin.secretAccessKey)
    for (const [name, secret] of Object.entries(target.canaries ?? {})) this.canaries.set(name, secret)
    const played = new Map<string, Played>()
    const rest = this.#cases.values()
    const lane = async (): Promise<void> => {
      for (const each of rest) played.set(each.id, await this.#play(each))
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    return played
  }

  close(): void {
    for (const client of this.#closing) client.destroy()
  }

  async #play(each: NumberedCase): Promise<Played> {
    const { id, caller, does } = each
    const known = knownNames(id, caller, this.#region)
    const prepared = await this.#prepare(each).catch((error: unknown) =>
      unprepared(error, { ...known, arn: '', value: '' }),
    )
    if ('kind' in prepared) return prepared
    const { client, names } = prepared
    try {
      return { kind: 'done', answer: await does(client, names), names }
    } catch (error) {
      return { ...refusalIn(error), names }
    }
  }

  async #prepare({ id, caller, secret, second }: NumberedCase) {
    const known = knownNames(id, caller, this.#region)
    const value = `${VALUE_MARK}-${randomBytes(8).toString('hex')}`
    const arn = secret
      ? await this.#make(nameOf(id), secret, { ...known, value })
      : `${known.secret.slice(0, -6)}AbCdEf`
    const names: Names = { ...known, value, arn }
    const other = second ? await this.#make(secondNameOf(id), second, names) : `${names.second.slice(0, -6)}AbCdEf`
    return { client: this.#client(await this.#keysOf(id, caller)), names: { ...names, second: other } }
  }

  /** @returns its ARN */
  async #make(
    name: string,
    { tags, policy, key }: SecretPlan,
    names: Partial<Names> & { value: string },
  ): Promise<string> {
    const client = this.#client(this.#ready.admin)
    const made = await client.createSecret({
      Name: name,
      SecretString: names.value,
      ...(tags && { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
      ...(key && { KmsKeyId: await this.#makeKey(key, names) }),
    })
    const arn = made.ARN!
    if (policy) await client.putResourcePolicy({ SecretId: arn, ResourcePolicy: documentOf(policy, { ...names, arn }) })
    return arn
  }

  async #makeKey(statements: readonly Statement[], names: Partial<Names>): Promise<string> {
    const { endpoint, identityEndpoint = endpoint, admin: credentials } = this.#ready
    const kms = this.#kept(new KMS({ endpoint: identityEndpoint, region: this.#region, credentials, maxAttempts: 1 }))
    const { KeyMetadata } = await kms.createKey({ Policy: documentOf([...KEY_KEEPERS, ...statements], names) })
    return KeyMetadata!.Arn!
  }

  async #keysOf(id: string, caller: CallerPlan): Promise<SigningKeys> {
    const own = this.identities.secrets.get(id)!
    const { kind, hasMfa, sessionPolicy, sessionTags, sourceIdentity } = caller
    const names = knownNames(id, caller, this.#region)
    const policy = sessionPolicy && { Policy: documentOf(sessionPolicy, names) }
    switch (kind) {
      case 'admin':
        return this.#ready.admin
      case 'user':
        return own.accessKey
      case 'session':
        return this.#keysIn(
          id,
          await this.#sts(own.accessKey).getSessionToken(
            hasMfa === true ? { SerialNumber: serialOf(id, caller), TokenCode: codeOf(own.seed!) } : {},
          ),
        )
      case 'federated':
        return this.#keysIn(id, await this.#sts(own.accessKey).getFederationToken({ Name: id, ...policy }))
      case 'role':
        return this.#keysIn(
          id,
          await this.#sts(this.identities.assumers[ownerOf(caller)]!).assumeRole({
            RoleArn: names.caller,
            RoleSessionName: SESSION_NAME,
            ...policy,
            ...(sessionTags && { Tags: Object.entries(sessionTags).map(([Key, Value]) => ({ Key, Value })) }),
            ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
          }),
        )
    }
  }

  #keysIn(id: string, { Credentials: made }: { readonly Credentials?: Credentials | undefined }): SigningKeys {
    const keys = {
      accessKeyId: made!.AccessKeyId!,
      secretAccessKey: made!.SecretAccessKey!,
      sessionToken: made!.SessionToken!,
    }
    this.canaries.set(`secret access key of the session of ${id}`, keys.secretAccessKey)
    this.canaries.set(`session token of ${id}`, keys.sessionToken)
    return keys
  }

  #client(credentials: SigningKeys): SecretsManager {
    const { endpoint, clientOptions } = this.#ready
    return this.#kept(
      new SecretsManager({ endpoint, region: this.#region, credentials, maxAttempts: 1, ...clientOptions }),
    )
  }

  #sts(credentials: AccessKey): STS {
    const { endpoint, identityEndpoint = endpoint } = this.#ready
    return this.#kept(new STS({ endpoint: identityEndpoint, region: this.#region, credentials, maxAttempts: 1 }))
  }

  #kept<T extends { destroy(): void }>(client: T): T {
    this.#closing.push(client)
    return client
  }

  get #ready(): AccessTarget {
    if (this.#target === undefined) throw new Error('there is no target yet')
    return this.#target
  }
}

/** Who made it, and Coffer's own roles on AWS. */
const KEY_KEEPERS: readonly Statement[] = [
  grant('{admin}', 'kms:*'),
  grant(
    'arn:aws:iam::{account}:root',
    'kms:*',
    when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::{account}:role/coffer/*'),
  ),
]

const documentOf = (statements: readonly Statement[], names: Partial<Names>): string =>
  JSON.stringify(filled({ Version: '2012-10-17', Statement: statements }, names))

const ownerOf = ({ account }: CallerPlan): string => (account === 'friends' ? FRIENDS : HOME)
const serialOf = (id: string, caller: CallerPlan): string => `arn:aws:iam::${ownerOf(caller)}:mfa/${id}`
const codeOf = (seed: string): string => codeAt(seedBytes(seed)!, stepAt(Date.now()))

/** A case that could not be set up has failed, and leaves the others alone. */
function unprepared(error: unknown, names: Names): Played {
  return { ...refusalIn(error), code: 'NotPrepared', names }
}

/** @throws what is no answer of the service */
function refusalIn(error: unknown) {
  if (!(error instanceof Error) || !('$metadata' in error)) throw error
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number }
  return { kind: 'refused', code: error.name, message: error.message, status: httpStatusCode ?? 0 } as const
}
