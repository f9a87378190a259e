/**
 * Traffic of every kind with canaries in every place where a secret can be, right and wrong. Answers of error are kept; answers of success have the canaries
 * on purpose.
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { CanaryHunt } from '../support/canary.ts'
import type { Answer, Json, RawRequest, WireClient } from '../support/wire-client.ts'

const JSON_TYPE = 'application/x-amz-json-1.1'

export class CanaryTraffic {
  readonly #client: WireClient
  readonly #hunt: CanaryHunt
  readonly #operations = new Set<string>()
  #tokens = 0
  /** Bodies of what was refused. */
  readonly errors: string[] = []

  constructor(client: WireClient, hunt: CanaryHunt) {
    this.#client = client
    this.#hunt = hunt
  }

  /** Names of the operations that were called with success. */
  get operations(): readonly string[] {
    return [...this.#operations].sort()
  }

  async run(): Promise<void> {
    const key = await this.#keys()
    await this.#values(key)
    await this.#mistakes()
    await this.#garbage()
  }

  /** A new value to look for afterwards. */
  #canary(label: string, filler = 0): string {
    const secret = `canary-${label.replaceAll(/\W/g, '-')}-${randomBytes(15).toString('hex')}`
    this.#hunt.add(label, secret)
    return secret + ' and more of it'.repeat(Math.ceil(filler / 15))
  }

  async #values(key: string): Promise<void> {
    const name = 'canary/text'
    await this.#sm('CreateSecret', { Name: name, SecretString: this.#canary('created'), Description: 'shown' })
    await this.#sm('CreateSecret', { Name: 'canary/large', SecretString: this.#canary('large', 60_000) })
    const bytes = randomBytes(300)
    this.#hunt.add('binary', bytes.subarray(10, 60))
    await this.#sm('CreateSecret', { Name: 'canary/binary', SecretBinary: bytes.toString('base64') })
    await this.#sm('CreateSecret', { Name: 'canary/keyed', SecretString: this.#canary('keyed'), KmsKeyId: key })
    await this.#sm('PutSecretValue', { SecretId: name, SecretString: this.#canary('put') })
    await this.#sm('PutSecretValue', { SecretId: name, SecretString: this.#canary('staged'), VersionStages: ['GREEN'] })
    await this.#sm('UpdateSecret', { SecretId: name, SecretString: this.#canary('updated'), Description: 'shown' })
    await this.#sm('UpdateSecret', { SecretId: name, KmsKeyId: key })
    await this.#sm('UpdateSecret', { SecretId: name, KmsKeyId: '' })
    await this.#sm('TagResource', { SecretId: name, Tags: [{ Key: 'shown', Value: 'too' }] })
    await this.#sm('UntagResource', { SecretId: name, TagKeys: ['shown'] })
    await this.#sm('GetSecretValue', { SecretId: name })
    await this.#sm('BatchGetSecretValue', { SecretIdList: [name, 'canary/binary', 'canary/keyed', 'canary/nobody'] })
    await this.#sm('ListSecrets', {})
    await this.#sm('DescribeSecret', { SecretId: name })
    const statement = { Effect: 'Allow', Principal: '*', Action: 'secretsmanager:DescribeSecret', Resource: '*' }
    const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement: statement })
    await this.#sm('ValidateResourcePolicy', { SecretId: name, ResourcePolicy })
    await this.#sm('PutResourcePolicy', { SecretId: name, ResourcePolicy })
    await this.#sm('GetResourcePolicy', { SecretId: name })
    await this.#sm('DeleteResourcePolicy', { SecretId: name })
    const { Versions } = await this.#sm('ListSecretVersionIds', { SecretId: name, IncludeDeprecated: true })
    const ids = Versions as { VersionId: string; VersionStages?: string[] }[]
    const current = ids.find(({ VersionStages }) => VersionStages?.includes('AWSCURRENT'))
    const green = ids.find(({ VersionStages }) => VersionStages?.includes('GREEN'))
    await this.#sm('UpdateSecretVersionStage', {
      SecretId: name,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: green?.VersionId,
      RemoveFromVersionId: current?.VersionId,
    })
    const { RandomPassword } = await this.#sm('GetRandomPassword', { PasswordLength: 40 })
    this.#hunt.add('random password', String(RandomPassword))
    // Managed rotation of a value that names no database: it is made here, and whoever looks sees it in no log.
    const managed = 'arn:aws:lambda:us-east-1:123456789012:function:coffer-managed-rotation'
    const ExternalSecretRotationMetadata = [{ Key: 'strategy', Value: 'generic' }]
    await this.#sm('RotateSecret', {
      SecretId: 'canary/large',
      RotationLambdaARN: managed,
      ExternalSecretRotationMetadata,
    })
    await this.#sm('CancelRotateSecret', { SecretId: 'canary/large' })
    const RotationToken = this.#canary('rotation-token').padEnd(36, '0')
    await this.#refused('secretsmanager', 'secretsmanager.PutSecretValue', {
      SecretId: 'canary/large',
      SecretString: this.#canary('rotated'),
      ClientRequestToken: 'rotated'.padEnd(32, '-'),
      RotationToken,
    })
    await this.#sm('ReplicateSecretToRegions', {
      SecretId: 'canary/large',
      AddReplicaRegions: [{ Region: 'eu-west-1' }],
    })
    // This client is in the primary's Region, where it can only be refused.
    await this.#refused('secretsmanager', 'secretsmanager.StopReplicationToReplica', { SecretId: 'canary/large' })
    this.#operations.add('StopReplicationToReplica')
    await this.#sm('RemoveRegionsFromReplication', { SecretId: 'canary/large', RemoveReplicaRegions: ['eu-west-1'] })
    await this.#sm('DeleteSecret', { SecretId: 'canary/large' })
    await this.#sm('RestoreSecret', { SecretId: 'canary/large' })
    await this.#sm('DeleteSecret', { SecretId: 'canary/binary', ForceDeleteWithoutRecovery: true })
  }

  /** @returns the ARN of a key */
  async #keys(): Promise<string> {
    const kms = (operation: string, input: Json): Promise<Json> => this.#call('kms', `TrentService.${operation}`, input)
    const { KeyMetadata } = await kms('CreateKey', {})
    const { Arn } = KeyMetadata as { Arn: string }
    const context = { EncryptionContext: { shown: 'yes' } }
    const Plaintext = Buffer.from(this.#canary('plaintext')).toString('base64')
    const { CiphertextBlob } = await kms('Encrypt', { KeyId: Arn, Plaintext, ...context })
    await kms('Decrypt', { CiphertextBlob, ...context })
    await kms('ReEncrypt', {
      CiphertextBlob,
      SourceEncryptionContext: context.EncryptionContext,
      DestinationKeyId: Arn,
    })
    await this.#refused('kms', 'TrentService.Decrypt', { CiphertextBlob })
    const { Plaintext: dataKey } = await kms('GenerateDataKey', { KeyId: Arn, KeySpec: 'AES_256' })
    this.#hunt.add('data key', Buffer.from(String(dataKey), 'base64'))
    await this.#refused('kms', 'TrentService.Encrypt', { KeyId: 'alias/nobody', Plaintext })
    await this.#refused('kms', 'TrentService.Encrypt', { KeyId: Arn, Plaintext: `${Plaintext}%` })
    await this.#refused('kms', 'TrentService.Encrypt', { KeyId: Arn, Plaintext: 'x'.repeat(8192) + Plaintext })
    return Arn
  }

  /** Values in requests that are refused, and values in members of another type. */
  async #mistakes(): Promise<void> {
    const token = 'mistake'.padEnd(40, '-')
    const value = (label: string): { SecretString: string; ClientRequestToken: string } => ({
      SecretString: this.#canary(label),
      ClientRequestToken: token,
    })
    const mistakes: [string, Json][] = [
      ['CreateSecret', { Name: 'canary/text', ...value('name taken') }],
      ['CreateSecret', { Name: 'bad name', ...value('bad name') }],
      ['CreateSecret', { Name: 'canary/long', ClientRequestToken: token, SecretString: this.#canary('long', 70_000) }],
      ['CreateSecret', { Name: 'canary/both', ...value('both'), SecretBinary: 'AAAA' }],
      ['CreateSecret', { Name: 'canary/key', ...value('no key'), KmsKeyId: 'alias/nobody' }],
      ['CreateSecret', { Name: 'canary/type', ClientRequestToken: token, SecretString: [this.#canary('in a list')] }],
      ['CreateSecret', { Name: 'canary/type', ClientRequestToken: token, SecretString: { a: this.#canary('nested') } }],
      ['CreateSecret', { Name: 'canary/blob', ClientRequestToken: token, SecretBinary: this.#canary('not base64') }],
      ['CreateSecret', { ...value('no name') }],
      ['PutSecretValue', { SecretId: 'canary/nobody', ...value('nobody') }],
      ['PutSecretValue', { SecretId: 'canary/text', ...value('bad label'), VersionStages: [''] }],
      [
        'PutSecretValue',
        { SecretId: 'canary/text', ...value('bad token'), RotationToken: `${this.#canary('rotation token')}!` },
      ],
      ['UpdateSecret', { SecretId: 'canary/text', SecretString: this.#canary('no token') }],
      ['GetSecretValue', { SecretId: { secret: this.#canary('as a name') } }],
      ['RotateSecret', { SecretId: 'canary/text', ...value('not built') }],
    ]
    for (const [operation, input] of mistakes)
      await this.#refused('secretsmanager', `secretsmanager.${operation}`, input)
  }

  /** What no client sends: the value is somewhere in it all the same. */
  async #garbage(): Promise<void> {
    const headers = { 'content-type': JSON_TYPE, 'x-amz-target': 'secretsmanager.CreateSecret' }
    const bodyWith = (label: string): string => JSON.stringify({ Name: 'x', SecretString: this.#canary(label) })
    const garbage: RawRequest[] = [
      { headers, body: bodyWith('cut off').slice(0, -1) },
      { headers, body: bodyWith('single quotes').replaceAll('"', "'") },
      { headers, body: this.#canary('bare') },
      { headers, body: Buffer.concat([Buffer.from(bodyWith('bad UTF-8')), Buffer.from([0xff])]) },
      { headers: { ...headers, 'content-type': 'text/plain' }, body: bodyWith('content type') },
      { headers: { ...headers, 'x-amz-target': 'secretsmanager.Nothing' }, body: bodyWith('unknown target') },
      { headers, method: 'PUT', body: bodyWith('method') },
      { headers, path: '/nowhere', body: bodyWith('path') },
      { headers, body: bodyWith('oversized').padEnd(1024 * 1024 + 1) },
      { headers, body: bodyWith('wrong service'), service: 'sts' },
      {
        headers,
        body: bodyWith('signature'),
        credentials: { accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: this.#canary('secret of a stranger') },
      },
      { headers: { ...headers, 'content-type': `text/${this.#canary('in a header')}` }, body: '{}' },
      { headers: { ...headers, 'user-agent': this.#canary('user agent') }, body: '{' },
      { headers, path: `/?${this.#canary('in the URL')}`, body: '{' },
      {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        service: 'sts',
        body: `Action=GetSessionToken&Version=2011-06-15&TokenCode=${this.#canary('query protocol')}`,
      },
    ]
    for (const raw of garbage) this.#keep(await this.#client.send(raw))
  }

  #sm(operation: string, input: Json): Promise<Json> {
    const needsToken = ['CreateSecret', 'PutSecretValue', 'UpdateSecret', 'RotateSecret'].includes(operation)
    const token = `traffic-${this.#tokens++}`.padEnd(36, '-')
    return this.#call('secretsmanager', `secretsmanager.${operation}`, {
      ...(needsToken && { ClientRequestToken: token }),
      ...input,
    })
  }

  async #call(service: string, target: string, input: Json): Promise<Json> {
    const answer = await this.#send(service, target, input)
    if (answer.status !== 200) throw new Error(`${target}: ${answer.text}`)
    this.#operations.add(target.slice(target.indexOf('.') + 1))
    return answer.text === '' ? {} : (JSON.parse(answer.text) as Json)
  }

  async #refused(service: string, target: string, input: Json): Promise<void> {
    this.#keep(await this.#send(service, target, input))
  }

  #send(service: string, target: string, input: Json): Promise<Answer> {
    const headers = { 'content-type': JSON_TYPE, 'x-amz-target': target }
    return this.#client.send({ service, headers, body: JSON.stringify(input) })
  }

  #keep({ status, text }: Answer): void {
    if (status === 200) throw new Error(`it should have been refused: ${text}`)
    this.errors.push(text)
  }
}
