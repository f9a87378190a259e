import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import type { Version } from '../../../lambda/core/domain/secret.ts'
import { KeyFailure } from '../../../lambda/core/ports/key-service.ts'
import { requireDecryption } from '../../../lambda/core/replication/require-decryption.ts'
import { ACCOUNT, ORIGIN, token, type Json } from '../../support/coffer.ts'
import { document, MemoryDirectory, type PolicyStatement } from '../../support/memory-directory.ts'
import { headIn, versionOf } from './support/heads.ts'
import { EU, HOME, makeRegions, NAME, type Regions } from './support/regions.ts'

const STRANGERS = '222222222222'

let directory: MemoryDirectory
let regions: Regions
let owner: Principal
beforeEach(() => {
  directory = new MemoryDirectory()
  regions = makeRegions({ authorizer: policyAuthorizer(directory) })
  owner = directory.user('owner', { allow: [{ Action: '*' }] })
})
afterEach(() => regions.close())

const user = (name: string, ...allow: readonly PolicyStatement[]) => directory.user(name, { allow })
const keyless = () => user('keyless', { Action: 'secretsmanager:*' })
const ownerCalls = (operation: string, input: Json = {}) => regions.callAs(owner, operation, input)
const put = (text: string, input: Json = {}) =>
  ownerCalls('PutSecretValue', { SecretString: text, ClientRequestToken: token(text), ...input })
const replicate = (principal: Principal, input: Json = {}, SecretId: unknown = NAME) =>
  regions.callAs(principal, 'ReplicateSecretToRegions', { SecretId, AddReplicaRegions: [{ Region: EU, ...input }] })

const KMS_DENIED = { code: 'AccessDeniedException', message: 'Access to KMS is not allowed' }
const DEFAULT_KEY_ACROSS_ACCOUNTS = {
  code: 'InvalidRequestException',
  message: expect.stringContaining('encrypt the secret with the default KMS service key') as string,
}

async function expectNothingAsked(): Promise<void> {
  expect((await regions.headIn(HOME)).replication?.replicas ?? []).toEqual([])
  await regions.settle()
  expect(await regions.head(EU)).toBeUndefined()
}

describe('SM-KMS-05 a secret is not sent to another Region, where all may read it, by a caller who', () => {
  const isolated = async (): Promise<string> => {
    const KmsKeyId = regions.keys.addKey('mine')
    await ownerCalls('CreateSecret', { Name: NAME, KmsKeyId, SecretString: 'a', ClientRequestToken: token('a') })
    return KmsKeyId
  }

  it('may not open an old version that stayed under the key of before', async () => {
    const key = await isolated()
    for (const text of ['b', 'c']) await put(text)
    await ownerCalls('UpdateSecret', { KmsKeyId: 'alias/aws/secretsmanager' })
    const { versions } = await regions.headIn(HOME)
    expect(versions.map(({ stages, keyArns }) => [...stages, ...(keyArns ?? [])])).toEqual([
      [key],
      ['AWSPREVIOUS'],
      ['AWSCURRENT'],
    ])
    await expect(replicate(keyless())).rejects.toMatchObject(KMS_DENIED)
    await expectNothingAsked()
    await replicate(owner)
  })

  it('may not open a version that has a label other than AWSCURRENT, where none is the current one', async () => {
    const KmsKeyId = regions.keys.addKey('mine')
    await ownerCalls('CreateSecret', { Name: NAME, KmsKeyId })
    await put('blue', { VersionStages: ['blue'] })
    await expect(replicate(keyless())).rejects.toMatchObject(KMS_DENIED)
    await expectNothingAsked()
  })

  it('may open some of its versions alone', async () => {
    await isolated()
    await put('b')
    const only = (...texts: readonly string[]) => ({
      Action: 'kms:Decrypt',
      Condition: { StringEquals: { 'kms:EncryptionContext:SecretVersionId': texts.map(token) } },
    })
    const [some, all] = [
      user('some', { Action: 'secretsmanager:*' }, only('b')),
      user('all', { Action: 'secretsmanager:*' }, only('a', 'b')),
    ]
    await expect(replicate(some)).rejects.toMatchObject(KMS_DENIED)
    await replicate(all)
    expect((await regions.headIn(HOME)).replication?.replicas).toHaveLength(1)
  })
})

/** A key that the owner's account lets the other one use. */
function sharedKey(region: string): string {
  const arn = regions.keys.addKey('shared', ACCOUNT, region)
  const AWS = [ACCOUNT, STRANGERS]
  regions.keys.policies.set(arn, document([{ Principal: { AWS }, Action: 'kms:*' }]))
  return arn
}

describe('SM-CROSS-03 another account, which may not read what is under the default key,', () => {
  const shared = async (input: Json = {}) => {
    const { ARN } = await ownerCalls('CreateSecret', { Name: NAME, SecretString: 'a', ...input })
    const Action = ['secretsmanager:GetSecretValue', 'secretsmanager:ReplicateSecretToRegions']
    const ResourcePolicy = document([{ Principal: { AWS: STRANGERS }, Action }])
    await ownerCalls('PutResourcePolicy', { ResourcePolicy })
    const stranger = directory.user('stranger', { account: STRANGERS, allow: [{ Action: '*' }] })
    return { secret: ARN, stranger, KmsKeyId: sharedKey(EU) }
  }

  it('can not have it sent to where it is under another key', async () => {
    const { secret, stranger, KmsKeyId } = await shared()
    const refused = replicate(stranger, { KmsKeyId }, secret)
    await expect(refused).rejects.toMatchObject(DEFAULT_KEY_ACROSS_ACCOUNTS)
    await expectNothingAsked()
  })

  it('can have sent what it may read', async () => {
    const { secret, stranger, KmsKeyId } = await shared({ KmsKeyId: sharedKey(HOME) })
    await replicate(stranger, { KmsKeyId }, secret)
    await regions.settle()
    const read = { SecretId: String(secret).replace(HOME, EU) }
    expect(await regions.callAs(stranger, 'GetSecretValue', read, EU)).toMatchObject({ SecretString: 'a' })
  })
})

describe('of the versions of a secret that shall be sent', () => {
  const asked = (principal: Principal, ...versions: readonly Version[]) => {
    const context = { principal, origin: ORIGIN, region: HOME, requestId: 'r' }
    return requireDecryption(regions.services, context, headIn(HOME, undefined, { versions }))
  }
  const gone = `arn:aws:kms:${HOME}:${ACCOUNT}:key/gone`

  it('those count that have a value', async () => {
    const keyArns = [regions.keys.addKey('mine')]
    await asked(keyless(), versionOf('v1', ['AWSCURRENT']), versionOf('v0', [], { keyArns, value: { kind: 'none' } }))
    const item = versionOf('v0', [], { keyArns, value: { kind: 'item', id: 'v0.x', bytes: 1 } })
    await expect(asked(keyless(), versionOf('v1', ['AWSCURRENT']), item)).rejects.toMatchObject(KMS_DENIED)
  })

  it('an old one whose key is gone, and which nobody can open, keeps nobody who might have opened it', async () => {
    const old = versionOf('v0', [], { keyArns: [gone] })
    await asked(owner, old)
    await expect(asked(keyless(), old)).rejects.toMatchObject(KMS_DENIED)
  })

  it('one with a label whose key is gone is told of', async () => {
    const labelled = versionOf('v1', ['AWSPREVIOUS'], { keyArns: [gone] })
    await expect(asked(owner, labelled)).rejects.toMatchObject({ code: 'DecryptionFailure' })
  })

  it('SM-CROSS-03 also an old one counts that is under the default key', async () => {
    const keyArns = [sharedKey(HOME)]
    const stranger = directory.user('stranger', { account: STRANGERS, allow: [{ Action: '*' }] })
    const current = versionOf('v1', ['AWSCURRENT'], { keyArns })
    await asked(stranger, current)
    await expect(asked(stranger, versionOf('v0'), current)).rejects.toMatchObject(DEFAULT_KEY_ACROSS_ACCOUNTS)
    await asked(owner, versionOf('v0'), current)
  })

  it('an old one whose key can not be asked about now is no reason to send it unasked', async () => {
    const keyArns = [regions.keys.addKey('mine')]
    const busy = new KeyFailure({ kind: 'throttled', code: 'ThrottlingException', message: 'slow', requestId: 'r' })
    regions.keys.describeKey = async () => Promise.reject(busy)
    await expect(asked(owner, versionOf('v0', [], { keyArns }))).rejects.toMatchObject({ code: 'ThrottlingException' })
  })
})
