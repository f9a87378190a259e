import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, versionId } from '../target.ts'
import { TwoRegions } from './two-regions.ts'

const DAY = 86_400_000
const WHOLE_SECRET = 65_536

export function replicationCopies({ bench, check }: Suite): void {
  describe('what a replica has', () => {
    let at: TwoRegions
    beforeAll(() => {
      at = new TwoRegions(bench)
    })
    afterAll(() => at.cleanUp())
    const policy = (Effect: string): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect,
            Principal: { AWS: `arn:aws:iam::${bench.target.account}:root` },
            Action: 'secretsmanager:ListSecretVersionIds',
            Resource: '*',
          },
        ],
      })
    /** What is the same in every Region. */
    function shared({ $metadata: _, ...described }: DescribeSecretResponse & { $metadata?: unknown }) {
      const { ARN, ReplicationStatus, CreatedDate, LastChangedDate, LastAccessedDate, KmsKeyId, ...same } = described
      return same
    }
    const sharedIn = async (SecretId: string) => ({
      here: shared(await at.primary.describeSecret({ SecretId })),
      there: shared(await at.replica.describeSecret({ SecretId })),
    })

    check('SM-REPLICA-02 name, ARN but for the Region, description, tags, policy, versions and labels', async () => {
      const Tags = [
        { Key: 'stage', Value: 'prod' },
        { Key: 'team', Value: 'payments' },
      ]
      const { SecretId, SecretString, VersionId, replicaArn } = await at.create(
        {},
        { Description: 'of two Regions', Tags },
      )
      const described = await at.replica.describeSecret({ SecretId })
      expect(described).toMatchObject({ ARN: replicaArn, Name: SecretId, Description: 'of two Regions' })
      expect(described.Tags).toEqual(expect.arrayContaining(Tags))
      expect(described.VersionIdsToStages).toEqual({ [VersionId]: ['AWSCURRENT'] })

      const [second, third] = [versionId('second'), versionId('third')]
      const values = [secretValue('second'), secretValue('third')]
      await at.primary.putSecretValue({ SecretId, ClientRequestToken: second, SecretString: values[0] })
      await at.primary.putSecretValue({
        SecretId,
        ClientRequestToken: third,
        SecretString: values[1],
        VersionStages: ['blue', 'AWSPENDING'],
      })
      await at.primary.putResourcePolicy({ SecretId, ResourcePolicy: policy('Allow') })
      await at.settle()
      expect((await at.replica.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
        [VersionId]: ['AWSPREVIOUS'],
        [second]: ['AWSCURRENT'],
        [third]: expect.arrayContaining(['blue', 'AWSPENDING']),
      })
      expect([
        await at.readIn(at.replica, SecretId, 'AWSPREVIOUS'),
        await at.readIn(at.replica, SecretId),
        await at.readIn(at.replica, SecretId, 'blue'),
      ]).toEqual([SecretString, ...values])
      expect((await at.replica.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(policy('Allow'))
      const { here, there } = await sharedIn(SecretId)
      expect(there).toEqual(here)
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    })

    check('SM-REPLICA-02 every later change reaches it', async () => {
      const { SecretId, SecretString, VersionId } = await at.create({}, { Tags: [{ Key: 'old', Value: 'tag' }] })
      await at.primary.updateSecret({ SecretId, Description: 'changed' })
      await at.primary.tagResource({ SecretId, Tags: [{ Key: 'new', Value: 'tag' }] })
      await at.primary.untagResource({ SecretId, TagKeys: ['old'] })
      await at.primary.putResourcePolicy({ SecretId, ResourcePolicy: policy('Allow') })
      const next = await at.primary.putSecretValue({ SecretId, SecretString: secretValue('next') })
      await at.settle()
      expect(await at.replica.describeSecret({ SecretId })).toMatchObject({
        Description: 'changed',
        Tags: [{ Key: 'new', Value: 'tag' }],
      })
      await at.primary.updateSecretVersionStage({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: VersionId,
        RemoveFromVersionId: next.VersionId,
      })
      await at.primary.deleteResourcePolicy({ SecretId })
      await at.settle()
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      expect((await at.replica.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
        [VersionId]: ['AWSCURRENT'],
        [next.VersionId!]: ['AWSPREVIOUS'],
      })
      expect(await at.replica.getResourcePolicy({ SecretId })).not.toHaveProperty('ResourcePolicy')
      const { here, there } = await sharedIn(SecretId)
      expect(there).toEqual(here)
    })

    check('SM-REPLICA-02 values of either kind and any size, and a secret that has none', async () => {
      const SecretBinary = Buffer.from(secretValue('binary'))
      const long = secretValue('long').padEnd(WHOLE_SECRET, '.')
      const { SecretId } = await at.create({}, { SecretString: long })
      expect(await at.readIn(at.replica, SecretId)).toBe(long)
      await at.primary.putSecretValue({ SecretId, SecretBinary })
      await at.settle()
      expect(Buffer.from((await at.replica.getSecretValue({ SecretId })).SecretBinary!)).toEqual(SecretBinary)
      expect(await at.readIn(at.replica, SecretId, 'AWSPREVIOUS')).toBe(long)

      const Name = at.name('empty')
      await at.primary.createSecret({ Name, Description: 'to be filled', AddReplicaRegions: [{ Region: at.there }] })
      await at.settle()
      expect(await at.statusOf(Name)).toMatchObject({ Status: 'InSync' })
      expect(await at.replica.describeSecret({ SecretId: Name })).toMatchObject({ Description: 'to be filled' })
      await expect(at.replica.getSecretValue({ SecretId: Name })).rejects.toMatchObject(
        refusal('ResourceNotFoundException'),
      )
      const SecretString = secretValue('first')
      await at.primary.putSecretValue({ SecretId: Name, SecretString })
      await at.settle()
      expect(await at.readIn(at.replica, Name)).toBe(SecretString)
    })

    check('SM-REPLICA-04 a key of its own: neither needs the other’s', async () => {
      const [here, there] = [await at.makeKey('here'), await at.makeKey('there')]
      const { SecretId, SecretString } = await at.create({ KmsKeyId: there.Arn }, { KmsKeyId: here.Arn })
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync', KmsKeyId: there.Arn })
      expect((await at.primary.describeSecret({ SecretId })).KmsKeyId).toBe(here.Arn)
      expect((await at.replica.describeSecret({ SecretId })).KmsKeyId).toBe(there.Arn)
      const { Versions } = await at.replica.listSecretVersionIds({ SecretId })
      expect(Versions!.map(({ KmsKeyIds }) => KmsKeyIds)).toEqual([[there.Arn]])
      await at.kms.here.disableKey({ KeyId: here.KeyId })
      expect([await at.readIn(at.primary, SecretId), await at.readIn(at.replica, SecretId)]).toEqual([
        'DecryptionFailure',
        SecretString,
      ])
      await at.kms.here.enableKey({ KeyId: here.KeyId })
      await at.kms.there.disableKey({ KeyId: there.KeyId })
      expect([await at.readIn(at.primary, SecretId), await at.readIn(at.replica, SecretId)]).toEqual([
        SecretString,
        'DecryptionFailure',
      ])
      await at.kms.there.enableKey({ KeyId: there.KeyId })
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
    })

    check(
      'SM-REPLICA-04 the service’s own key there, for a secret under a customer key and one that is not',
      async () => {
        const key = await at.makeKey('here')
        for (const KmsKeyId of [undefined, key.Arn]) {
          const { SecretId, SecretString } = await at.create({}, KmsKeyId === undefined ? {} : { KmsKeyId })
          expect(await at.replica.describeSecret({ SecretId })).not.toHaveProperty('KmsKeyId')
          expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
          const { Versions } = await at.replica.listSecretVersionIds({ SecretId })
          expect(Versions!.map(({ KmsKeyIds }) => KmsKeyIds)).toEqual([['DefaultEncryptionKey']])
        }
      },
    )

    check('SM-REPLICA-04 SM-REPLICA-15 asked for again with another key, it is sealed again under that', async () => {
      const [old, fresh] = [await at.makeKey(), await at.makeKey()]
      const { SecretId, SecretString } = await at.create({ KmsKeyId: old.Arn })
      await at.primary.replicateSecretToRegions({
        SecretId,
        AddReplicaRegions: [{ Region: at.there, KmsKeyId: fresh.Arn }],
      })
      await at.settle()
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync', KmsKeyId: fresh.Arn })
      await at.kms.there.disableKey({ KeyId: old.KeyId })
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
    })

    check('SM-REPLICA-04 a LastAccessedDate of its own, which the primary shows beside its status', async () => {
      const { SecretId } = await at.create()
      expect(await at.replica.describeSecret({ SecretId })).not.toHaveProperty('LastAccessedDate')
      expect(await at.statusOf(SecretId)).not.toHaveProperty('LastAccessedDate')
      await at.replica.getSecretValue({ SecretId })
      await at.settle()
      const day = (await at.replica.describeSecret({ SecretId })).LastAccessedDate!
      expect(day.getTime() % DAY).toBe(0)
      // Days of reads are written down a moment after them.
      const shown = await at.until(async () => (await at.statusOf(SecretId)).LastAccessedDate)
      expect(shown).toEqual(day)
      expect(await at.primary.describeSecret({ SecretId })).not.toHaveProperty('LastAccessedDate')
    })

    check('SM-REPLICA-12 every read works there: by name, ARN, label, version, list and filter', async () => {
      const { SecretId, SecretString, VersionId, replicaArn, ARN } = await at.create()
      const here = await at.primary.getSecretValue({ SecretId })
      for (const request of [{}, { VersionId }, { VersionStage: 'AWSCURRENT' }])
        for (const id of [SecretId, replicaArn])
          expect(await at.replica.getSecretValue({ SecretId: id, ...request })).toMatchObject({
            ARN: replicaArn,
            Name: SecretId,
            SecretString,
            VersionId,
            VersionStages: ['AWSCURRENT'],
            CreatedDate: here.CreatedDate,
          })
      expect(await at.replica.listSecretVersionIds({ SecretId })).toMatchObject({
        ARN: replicaArn,
        Versions: [{ VersionId, VersionStages: ['AWSCURRENT'] }],
      })
      const entry = { ARN: replicaArn, Name: SecretId, SecretString, VersionId }
      const Filters = [{ Key: 'name' as const, Values: [SecretId] }]
      for (const request of [{ SecretIdList: [replicaArn] }, { Filters }])
        expect((await at.replica.batchGetSecretValue(request)).SecretValues).toMatchObject([entry])
      expect((await at.replica.listSecrets({ Filters })).SecretList).toMatchObject([
        { ARN: replicaArn, Name: SecretId, SecretVersionsToStages: { [VersionId]: ['AWSCURRENT'] } },
      ])
      // Neither Region answers for the other's ARN.
      await expect(at.replica.getSecretValue({ SecretId: ARN })).rejects.toMatchObject(
        refusal('ResourceNotFoundException'),
      )
    })

    check('SM-REPLICA-03 SM-REPLICA-12 a Region that nothing reaches reads on; it is never called InSync', async () => {
      const { SecretId, SecretString } = await at.create()
      const next = secretValue('next')
      await at.cutOff(async () => {
        await at.primary.putSecretValue({ SecretId, SecretString: next })
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InProgress' })
        expect([await at.readIn(at.primary, SecretId), await at.readIn(at.replica, SecretId)]).toEqual([
          next,
          SecretString,
        ])
      })
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
      expect(await at.readIn(at.replica, SecretId)).toBe(next)
      expect(await at.readIn(at.replica, SecretId, 'AWSPREVIOUS')).toBe(SecretString)
    })

    check('SM-REPLICA-14 SM-REPLICA-02 the primary alone rotates, and the replica has what came of it', async () => {
      const { account } = bench.target
      const RotationLambdaARN = `arn:aws:lambda:${at.here}:${account}:function:coffer-managed-rotation`
      const { SecretId, SecretString } = await at.create()
      const ClientRequestToken = versionId('rotated')
      await at.primary.rotateSecret({
        SecretId,
        ClientRequestToken,
        RotationLambdaARN,
        RotationRules: { AutomaticallyAfterDays: 30 },
        ExternalSecretRotationMetadata: [{ Key: 'strategy', Value: 'generic' }],
      })
      await at.pass(1000)
      await at.settle()
      const rotated = await at.readIn(at.primary, SecretId)
      expect(rotated).not.toBe(SecretString)
      expect(await at.readIn(at.replica, SecretId)).toBe(rotated)
      expect(await at.readIn(at.replica, SecretId, 'AWSPREVIOUS')).toBe(SecretString)
      const before = await sharedIn(SecretId)
      expect(before.there).toEqual(before.here)
      expect(before.there).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } })
      expect(before.there.LastRotatedDate).toBeInstanceOf(Date)

      await at.pass(31 * DAY)
      await at.settle()
      const again = await at.readIn(at.primary, SecretId)
      expect(again).not.toBe(rotated)
      // A rotation there would have made another version than the one that came from here.
      expect(await at.readIn(at.replica, SecretId)).toBe(again)
      const after = await sharedIn(SecretId)
      expect(after.there).toEqual(after.here)
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    })
  })
}
