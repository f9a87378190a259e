import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import { ACCOUNT, token } from '../../support/coffer.ts'
import { MemoryDirectory, type PolicyStatement } from '../../support/memory-directory.ts'
import { AP, EU, HOME, makeRegions, NAME, type Regions } from '../replication/support/regions.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())

const ask = (AddReplicaRegions: readonly object[], input: object = {}) =>
  regions.call('ReplicateSecretToRegions', { SecretId: NAME, AddReplicaRegions, ...input })
const DEFAULT = 'alias/aws/secretsmanager'

describe('ReplicateSecretToRegions', () => {
  it('SM-REPLICA-01 answers with the ARN and the status of all replicas, those of before among them', async () => {
    const ARN = await regions.create()
    expect(await ask([{ Region: EU }])).toEqual({
      ARN,
      ReplicationStatus: [{ Region: EU, KmsKeyId: DEFAULT, Status: 'InProgress' }],
    })
    await regions.settle()
    expect(await ask([{ Region: AP, KmsKeyId: 'k' }])).toEqual({
      ARN,
      ReplicationStatus: [
        { Region: AP, KmsKeyId: 'k', Status: 'InProgress' },
        { Region: EU, KmsKeyId: DEFAULT, Status: 'InSync', StatusMessage: 'Replication succeeded' },
      ],
    })
    await regions.settle()
    expect((await regions.call('DescribeSecret', { SecretId: ARN })).ReplicationStatus).toEqual([
      expect.objectContaining({ Region: AP, Status: 'Failed' }),
      { Region: EU, KmsKeyId: DEFAULT, Status: 'InSync', StatusMessage: 'Replication succeeded' },
    ])
  })

  it('SM-REPLICA-03 does not tell of a bad key or a name that is taken: the status does', async () => {
    await regions.create()
    await regions.call('CreateSecret', { Name: NAME, SecretString: 'local' }, EU)
    const { ReplicationStatus } = await ask([{ Region: EU }, { Region: AP, KmsKeyId: 'none' }])
    expect(ReplicationStatus).toMatchObject([{ Status: 'InProgress' }, { Status: 'InProgress' }])
    await regions.settle()
    expect(await regions.statuses()).toEqual({
      [EU]: expect.stringMatching(/^Failed: Secret with this name already exists/) as string,
      [AP]: expect.stringMatching(/^Failed: .*KMS key/) as string,
    })
  })

  it.each<[string, readonly object[], string]>([
    ['its own Region', [{ Region: HOME }], 'Invalid replica region.'],
    ['a Region that Coffer is not in', [{ Region: 'eu-north-1' }], 'Coffer is not in eu-north-1.'],
    ['a Region twice', [{ Region: EU }, { Region: EU }], `${EU} is given more than once.`],
  ])('SM-REPLICA-08 refuses %s', async (_, given, message) => {
    await regions.create()
    await expect(ask(given)).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining(message) as string,
    })
    expect((await regions.headIn(HOME)).replication).toBeUndefined()
  })

  it.each<[string, readonly object[]]>([
    ['a Region that is none', [{ Region: 'Mars' }]],
    ['no Region at all', []],
    ['a Region that is too long', [{ Region: `${'a-'.repeat(64)}1` }]],
  ])('SM-REPLICA-08 refuses %s by the shape of the request', async (_, given) => {
    await regions.create()
    await expect(ask(given)).rejects.toMatchObject({
      code: expect.stringMatching(/Validation|InvalidParameter/) as string,
    })
  })

  it('needs a secret that is there and not to be deleted', async () => {
    await expect(ask([{ Region: EU }])).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
    await regions.create()
    await regions.call('DeleteSecret', { SecretId: NAME })
    await expect(ask([{ Region: EU }])).rejects.toMatchObject({ code: 'InvalidRequestException' })
  })

  it('does not touch the dates and versions of the secret', async () => {
    await regions.create()
    const before = await regions.call('DescribeSecret', { SecretId: NAME })
    regions.clock.advance(10_000)
    await ask([{ Region: EU }])
    const {
      ReplicationStatus: _status,
      PrimaryRegion,
      ...after
    } = await regions.call('DescribeSecret', { SecretId: NAME })
    expect([after, PrimaryRegion]).toEqual([before, HOME])
  })

  it('SM-REPLICA-15 asks a Region again, with what is given now', async () => {
    await regions.create({ AddReplicaRegions: [{ Region: EU, KmsKeyId: 'none' }] })
    expect((await regions.statuses())[EU]).toMatch(/^Failed: /)
    const { ReplicationStatus } = await ask([{ Region: EU }])
    expect(ReplicationStatus).toEqual([{ Region: EU, KmsKeyId: DEFAULT, Status: 'InProgress' }])
    await regions.settle()
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
  })

  it('may be called while the last call is still in progress', async () => {
    await regions.create()
    await ask([{ Region: EU }])
    await ask([{ Region: EU }, { Region: AP }])
    await regions.settle()
    expect(await regions.statuses()).toEqual({ [AP]: 'InSync', [EU]: 'InSync' })
  })

  describe('with policies', () => {
    let directory: MemoryDirectory
    beforeEach(async () => {
      directory = new MemoryDirectory()
      regions.close()
      regions = makeRegions({ authorizer: policyAuthorizer(directory) })
    })
    const user = (name: string, ...allow: PolicyStatement[]) => directory.user(name, { allow })
    const as = (principal: ReturnType<typeof user>, input: object) =>
      makeCall(principal, 'ReplicateSecretToRegions', { SecretId: NAME, ...input })
    const makeCall = (principal: ReturnType<typeof user>, operation: string, input: object) =>
      regions.raw(
        {
          target: `secretsmanager.${operation}`,
          body: Buffer.from(JSON.stringify({ ClientRequestToken: token('t'), ...input })),
        },
        { principal },
      )
    const code = async (answer: Promise<{ status: number; body: string }>) => {
      const { status, body } = await answer
      return status === 200 ? 'done' : (JSON.parse(body) as { __type: string }).__type
    }

    it('SM-KMS-05 is for whoever may decrypt the secret: nobody asks them later', async () => {
      const owner = user('owner', { Action: '*' })
      const KmsKeyId = regions.keys.addKey('mine')
      expect(await code(makeCall(owner, 'CreateSecret', { Name: NAME, SecretString: 'v', KmsKeyId }))).toBe('done')
      const keyless = user('keyless', { Action: 'secretsmanager:*' })
      const wish = { AddReplicaRegions: [{ Region: EU }] }
      expect(await code(as(keyless, wish))).toBe('AccessDeniedException')
      expect((await regions.headIn(HOME)).replication).toBeUndefined()
      expect(await code(as(user('reader', { Action: ['secretsmanager:*', 'kms:Decrypt'] }), wish))).toBe('done')
    })

    it('is decided by the Regions that are asked for', async () => {
      const owner = user('owner', { Action: '*' })
      await makeCall(owner, 'CreateSecret', { Name: NAME, SecretString: 'v' })
      const european = user(
        'european',
        { Action: 'secretsmanager:*' },
        {
          Effect: 'Deny',
          Action: '*',
          Condition: { 'ForAnyValue:StringNotLike': { 'secretsmanager:AddReplicaRegions': 'eu-*' } },
        },
      )
      expect(await code(as(european, { AddReplicaRegions: [{ Region: EU }, { Region: AP }] }))).toBe(
        'AccessDeniedException',
      )
      expect(await code(as(european, { AddReplicaRegions: [{ Region: EU }] }))).toBe('done')
    })

    it('is decided by whether it overwrites', async () => {
      const owner = user('owner', { Action: '*' })
      await makeCall(owner, 'CreateSecret', { Name: NAME, SecretString: 'v' })
      const careful = user(
        'careful',
        { Action: 'secretsmanager:*' },
        { Effect: 'Deny', Action: '*', Condition: { Bool: { 'secretsmanager:ForceOverwriteReplicaSecret': 'true' } } },
      )
      const wish = { AddReplicaRegions: [{ Region: EU }] }
      expect(await code(as(careful, { ...wish, ForceOverwriteReplicaSecret: true }))).toBe('AccessDeniedException')
      expect(await code(as(careful, wish))).toBe('done')
    })
  })

  it('SM-REPLICA-04 takes a key of the Region of the copy as its ARN', async () => {
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await regions.create()
    await ask([{ Region: EU, KmsKeyId }])
    await regions.settle()
    const { ReplicationStatus } = await regions.call('DescribeSecret', { SecretId: NAME })
    expect(ReplicationStatus).toMatchObject([{ Region: EU, KmsKeyId, Status: 'InSync' }])
    expect((await regions.call('DescribeSecret', { SecretId: NAME }, EU)).KmsKeyId).toBe(KmsKeyId)
  })
})
