import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { ACCOUNT } from '../../support/coffer.ts'
import { document, MemoryDirectory, type PolicyStatement } from '../../support/memory-directory.ts'
import { administrationOf, type Asked } from './support/administration.ts'
import { headIn } from './support/heads.ts'
import { AP, EU, HOME, makeRegions, NAME, type Regions } from './support/regions.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())
const { show, reprimary } = administrationOf(() => regions)

const promote = () => regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
const put = (text: string, region = HOME) =>
  regions.call('PutSecretValue', { SecretId: NAME, SecretString: text }, region)
const refused = (call: Promise<unknown>, message: string | RegExp, code = 'InvalidRequestException') =>
  expect(call).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })

describe('what is shown of replication', () => {
  it('of a secret by itself is that it is', async () => {
    const secret = await regions.create()
    const shown = await show()
    expect(shown).toEqual({
      secret,
      name: NAME,
      region: HOME,
      now: '2026-03-01T10:20:30.456Z',
      role: 'standalone',
      replicas: [],
      leaving: [],
      others: [],
    })
  })

  it('of a primary is how each copy stands, and of a copy what it has told', async () => {
    await regions.create({ AddReplicaRegions: [{ Region: EU }, { Region: AP, KmsKeyId: 'none' }] })
    expect(await show()).toMatchObject({
      role: 'primary',
      replicas: [
        {
          region: AP,
          status: 'Failed',
          message: expect.stringContaining('KMS key') as string,
          kmsKeyId: 'none',
          failures: 1,
          retryAt: '2026-03-01T10:21:30.456Z',
        },
        { region: EU, status: 'InSync', requestedAt: '2026-03-01T10:20:30.456Z', failures: 0 },
      ],
      others: [{ region: EU, role: 'replica', primaryRegion: HOME }],
    })
    expect(await show({ region: EU })).toMatchObject({
      role: 'replica',
      primaryRegion: HOME,
      told: { region: HOME, status: 'InSync' },
      others: [{ region: HOME, role: 'primary' }],
    })
  })

  it('of a promoted secret is since when, from where, and what was changed since on either side', async () => {
    await regions.create({}, EU)
    await promote()
    expect(await show({ region: EU })).toMatchObject({
      promoted: { from: HOME, at: '2026-03-01T10:20:30.456Z' },
      isRekeyed: false,
    })
    await regions.settle()
    const diverged = async (region: string) => (await show({ region })).others[0]?.diverged
    expect(await diverged(EU)).toEqual({ here: false, there: false })
    await put('h')
    await regions.settle()
    expect(await diverged(EU)).toEqual({ here: false, there: true })
    await put('e', EU)
    await regions.settle()
    expect(await diverged(HOME)).toEqual({ here: true, there: true })
    expect(await show({ region: EU })).not.toHaveProperty('isRekeyed')
  })

  it('of a handover and of a removal is what is waited for', async () => {
    await regions.create({}, EU, AP)
    await regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions: [AP] })
    regions.cut.add(AP)
    await regions.settle()
    await reprimary({ to: EU })
    expect(await show()).toMatchObject({ handingOverTo: EU, leaving: [AP] })
    await regions.deliver()
    expect((await show({ region: EU })).others).toContainEqual(
      expect.objectContaining({ region: HOME, handingOverTo: EU }),
    )
  })

  it('holds no value', async () => {
    await regions.create({ SecretString: 'hunter2' }, EU)
    expect(JSON.stringify([await show(), await show({ region: EU })])).not.toContain('hunter2')
  })
})

describe('a handover that cannot be', () => {
  it('is refused for a secret that is not there', async () => {
    await refused(reprimary({ to: EU }), "can't find", 'ResourceNotFoundException')
  })

  it('is refused to the Region that has it, and to one that has no replica', async () => {
    await regions.create({}, EU)
    await refused(reprimary({ to: HOME }), `primary in ${HOME} already`)
    await refused(reprimary({ to: AP }), `From ${HOME} no replica`)
    await refused(reprimary({ to: 'mars-north-1' }), 'no replica')
  })

  it('is refused by a replica: the primary steps down', async () => {
    await regions.create({}, EU)
    await refused(reprimary({ to: HOME }, { region: EU }), `a replica of the one in ${HOME}`)
  })

  it('is refused to another secret of the name', async () => {
    await regions.create()
    await regions.call('CreateSecret', { Name: NAME, SecretString: 'local', AddReplicaRegions: [{ Region: HOME }] }, EU)
    await regions.settle()
    await refused(reprimary({ to: EU }), 'no replica')
  })

  it('is refused to a replica that has not all, with what it says', async () => {
    await regions.create({}, EU)
    await put('second')
    await refused(reprimary({ to: EU }), /does not have all of the secret yet.*Try again in a moment/)
    await regions.settle()
    await reprimary({ to: EU })
  })

  it('is refused to the replica of another promoted one', async () => {
    await regions.create({}, EU, AP)
    await promote()
    await regions.settle()
    await regions.call(
      'ReplicateSecretToRegions',
      { SecretId: NAME, AddReplicaRegions: [{ Region: AP }], ForceOverwriteReplicaSecret: true },
      EU,
    )
    await regions.settle()
    await refused(reprimary({ to: AP }), `a replica of the one in ${EU}`)
  })

  it('is refused for one that is to be deleted, and while it rotates', async () => {
    await regions.create({}, EU)
    await promote()
    await regions.settle()
    await regions.call('RotateSecret', {
      SecretId: NAME,
      RotationLambdaARN: `arn:aws:lambda:${HOME}:123456789012:function:f`,
    })
    await refused(reprimary({ to: EU }), 'A rotation of this secret is running')
    await regions.call('DeleteSecret', { SecretId: NAME })
    await refused(reprimary({ to: EU }), 'marked for deletion')
  })

  it('is refused when both have changed, unless a winner is named', async () => {
    await regions.create({}, EU)
    await promote()
    await put('h')
    await put('e', EU)
    await regions.settle()
    await refused(reprimary({ to: EU }), `changed in ${HOME} and in ${EU}.*Say which one wins`)
    expect(await reprimary({ to: EU, winner: 'this' })).toMatchObject({
      from: HOME,
      to: EU,
      isDiverged: true,
      winner: 'this',
    })
  })

  it('is refused to a second Region while one is under way', async () => {
    await regions.create({}, EU, AP)
    await reprimary({ to: EU })
    await refused(reprimary({ to: AP }), `being handed over to ${EU}`)
  })

  it('is not for whoever may not', async () => {
    const directory = new MemoryDirectory()
    regions.close()
    regions = makeRegions({ authorizer: policyAuthorizer(directory) })
    const [all, reader] = [
      directory.user('all', { allow: [{ Action: '*' }] }),
      directory.user('reader', { allow: [{ Action: ['secretsmanager:*', 'coffer:ShowReplication'] }] }),
    ]
    await regions.services.store.commit({ head: headIn(HOME), put: [], drop: [] })
    await refused(reprimary({ to: EU }, { principal: reader }), 'coffer:ReprimaryReplication', 'AccessDeniedException')
    await refused(reprimary({ to: EU }, { principal: all }), 'no replica')
    expect(await show({ principal: reader })).toMatchObject({ name: NAME })
    const nobody = directory.user('nobody', {})
    await refused(show({ principal: nobody }), 'coffer:ShowReplication', 'AccessDeniedException')
    // Nor whether there is such a secret.
    await refused(show({ principal: nobody, secretId: 'none' }), 'coffer:ShowReplication', 'AccessDeniedException')
  })
})

describe('a handover to a Region that has a secret of its own by now', () => {
  let directory: MemoryDirectory
  let owner: Principal
  const inHome = `arn:aws:secretsmanager:${HOME}:*:*`
  const anywhere = { Action: ['secretsmanager:*', 'coffer:*'] }
  beforeEach(async () => {
    directory = new MemoryDirectory()
    regions.close()
    regions = makeRegions({ authorizer: policyAuthorizer(directory) })
    owner = directory.user('owner', { allow: [{ Action: '*' }] })
    await as(owner, 'CreateSecret', { SecretString: 'first', Name: NAME, AddReplicaRegions: [{ Region: EU }] })
    await regions.settle()
    await as(owner, 'StopReplicationToReplica', {}, EU)
    await as(owner, 'PutSecretValue', { SecretString: 'e' }, EU)
    await as(owner, 'PutSecretValue', { SecretString: 'h' })
    await regions.settle()
  })
  const as = (...call: Parameters<Regions['callAs']>) => regions.callAs(...call)
  const user = (name: string, ...allow: readonly PolicyStatement[]) => directory.user(name, { allow })
  const handOver = (principal: Principal, asked: Asked = {}) =>
    reprimary({ to: EU, winner: 'this' }, { ...asked, principal })
  const expectUnchanged = async () => {
    expect((await regions.headIn(HOME)).replication).not.toHaveProperty('yielding')
    await regions.settle()
    expect(await as(owner, 'GetSecretValue', {}, EU)).toMatchObject({ SecretString: 'e' })
  }

  it('is not for whoever may do so in the Region that steps down alone', async () => {
    const eve = user('eve', { ...anywhere, Resource: inHome })
    const { suffix } = await regions.headIn(EU)
    await refused(
      handOver(eve),
      `user/eve is not authorized to perform: coffer:ReprimaryReplication on resource: arn:aws:secretsmanager:${EU}:123456789012:secret:${NAME}-${suffix} `,
      'AccessDeniedException',
    )
    await expectUnchanged()
  })

  it('is not for whom the policy of the secret there keeps out', async () => {
    const eve = user('eve', anywhere)
    const deny = { Effect: 'Deny', Principal: { AWS: eve.arn }, Action: 'coffer:ReprimaryReplication' } as const
    await as(owner, 'PutResourcePolicy', { ResourcePolicy: document([deny]) }, EU)
    await regions.settle()
    await refused(handOver(eve), 'explicit deny', 'AccessDeniedException')
    await expectUnchanged()
    await as(owner, 'DeleteResourcePolicy', {}, EU)
    await regions.settle()
    await handOver(eve)
  })

  it.each([
    ['the tags', { 'aws:ResourceTag/side': 'eu' }],
    ['the Region', { 'aws:RequestedRegion': EU }],
  ])('is decided by %s of the secret there', async (_, StringEquals) => {
    await as(owner, 'TagResource', { Tags: [{ Key: 'side', Value: 'eu' }] }, EU)
    await regions.settle()
    const deny = { ...anywhere, Effect: 'Deny', Condition: { StringEquals } } as const
    await refused(handOver(user('eve', anywhere, deny)), 'explicit deny', 'AccessDeniedException')
    await expectUnchanged()
  })

  it('SM-KMS-05 is not for whoever may not open what goes there', async () => {
    await as(owner, 'UpdateSecret', { KmsKeyId: regions.keys.addKey('mine') })
    await regions.settle()
    const keyless = user('keyless', anywhere)
    await refused(handOver(keyless), 'Access to KMS is not allowed', 'AccessDeniedException')
    await expectUnchanged()
    await handOver(owner)
  })

  it('SM-CROSS-03 is not for another account, where values are under the default key', async () => {
    const account = '222222222222'
    const stranger = directory.user('stranger', { account, allow: [{ Action: '*' }] })
    const ResourcePolicy = document([{ Principal: { AWS: account }, Action: 'coffer:ReprimaryReplication' }])
    for (const region of [HOME, EU]) await as(owner, 'PutResourcePolicy', { ResourcePolicy }, region)
    await regions.settle()
    const { secret: secretId } = await show({ principal: owner })
    await refused(handOver(stranger, { secretId }), 'the default KMS service key')
    await expectUnchanged()
  })

  it('is for whoever may do so in both, and then what is there gives way', async () => {
    await handOver(user('keeper', anywhere))
    await regions.settle()
    expect(await as(owner, 'GetSecretValue', {}, EU)).toMatchObject({ SecretString: 'h' })
  })

  it('SM-KMS-05 is not for whoever may not open what is there and comes back with it', async () => {
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await as(owner, 'UpdateSecret', { KmsKeyId }, EU)
    await regions.settle()
    const keyless = user('keyless', anywhere)
    await refused(as(keyless, 'GetSecretValue', {}, EU), 'Access to KMS is not allowed', 'AccessDeniedException')
    for (const winner of ['this', 'other'] as const)
      await refused(
        reprimary({ to: EU, winner }, { principal: keyless }),
        'Access to KMS is not allowed',
        'AccessDeniedException',
      )
    await expectUnchanged()
    await handOver(owner)
  })
})

describe('a handover that is under way', () => {
  it('is the same when it is asked for again, and is told of another winner', async () => {
    await regions.create({}, EU)
    await promote()
    await put('h')
    await put('e', EU)
    await regions.settle()
    await reprimary({ to: EU, winner: 'this' })
    const { revision } = await regions.headIn(HOME)
    await reprimary({ to: EU, winner: 'this' })
    expect(await regions.headIn(HOME)).toMatchObject({ revision })
    await reprimary({ to: EU, winner: 'other' })
    expect((await regions.headIn(HOME)).replication?.yielding).toMatchObject({ to: EU, winner: 'other' })
    await regions.settle()
    expect(await regions.value(HOME)).toBe('e')
  })

  it.each<[string, object]>([
    ['PutSecretValue', { SecretString: 'x' }],
    ['UpdateSecret', { Description: 'x' }],
    ['TagResource', { Tags: [{ Key: 'k', Value: 'v' }] }],
    ['DeleteSecret', {}],
    ['ReplicateSecretToRegions', { AddReplicaRegions: [{ Region: AP }] }],
    ['RemoveRegionsFromReplication', { RemoveReplicaRegions: [EU] }],
    ['CancelRotateSecret', {}],
  ])('takes no %s, and says where to', async (operation, input) => {
    await regions.create({}, EU)
    await reprimary({ to: EU })
    await expect(regions.call(operation, { SecretId: NAME, ...input })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: expect.stringMatching(`handed over to ${EU}.*Repeat the call there`) as string,
    })
  })

  it('is taken back by StopReplicationToReplica, and writes go on', async () => {
    await regions.create({}, EU)
    await reprimary({ to: EU })
    await regions.call('StopReplicationToReplica', { SecretId: NAME })
    await put('second')
    expect(await regions.value(HOME)).toBe('second')
  })
})
