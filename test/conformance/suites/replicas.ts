import type { Suite } from '../suite.ts'
import { refusal, secretValue } from '../target.ts'
import { TwoRegions } from './two-regions.ts'

const notFound = refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")

export function replicas({ bench, check }: Suite): void {
  describe('a replica, and StopReplicationToReplica', () => {
    let at: TwoRegions
    beforeAll(() => {
      at = new TwoRegions(bench)
    })
    afterAll(() => at.cleanUp())

    check('SM-REPLICA-06 takes no write, in the observed words, and is unchanged by the attempt', async () => {
      const { SecretId, VersionId, replicaArn, SecretString } = await at.create(
        {},
        { Tags: [{ Key: 'a', Value: 'b' }] },
      )
      const { account } = bench.target
      const RotationLambdaARN = `arn:aws:lambda:${at.there}:${account}:function:coffer-managed-rotation`
      const Region = at.here
      const ResourcePolicy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${account}:root` },
            Action: 'secretsmanager:GetSecretValue',
            Resource: '*',
          },
        ],
      })
      const { replica } = at
      const before = await replica.describeSecret({ SecretId })
      const writes: readonly ((SecretId: string) => Promise<unknown>)[] = [
        (id) => replica.putSecretValue({ SecretId: id, SecretString: secretValue() }),
        (id) => replica.updateSecret({ SecretId: id, SecretString: secretValue() }),
        (id) => replica.updateSecret({ SecretId: id, Description: 'mine' }),
        (id) => replica.updateSecret({ SecretId: id, Description: 'mine', KmsKeyId: 'alias/aws/secretsmanager' }),
        (id) => replica.updateSecretVersionStage({ SecretId: id, VersionStage: 'mine', MoveToVersionId: VersionId }),
        (id) => replica.tagResource({ SecretId: id, Tags: [{ Key: 'mine', Value: '' }] }),
        (id) => replica.untagResource({ SecretId: id, TagKeys: ['a'] }),
        (id) => replica.putResourcePolicy({ SecretId: id, ResourcePolicy }),
        (id) => replica.deleteResourcePolicy({ SecretId: id }),
        (id) => replica.deleteSecret({ SecretId: id }),
        (id) => replica.deleteSecret({ SecretId: id, ForceDeleteWithoutRecovery: true }),
        (id) => replica.restoreSecret({ SecretId: id }),
        (id) => replica.rotateSecret({ SecretId: id, RotationLambdaARN }),
        (id) => replica.rotateSecret({ SecretId: id }),
        (id) => replica.cancelRotateSecret({ SecretId: id }),
        (id) => replica.replicateSecretToRegions({ SecretId: id, AddReplicaRegions: [{ Region }] }),
        (id) => replica.removeRegionsFromReplication({ SecretId: id, RemoveReplicaRegions: [Region] }),
      ]
      const refused = refusal(
        'InvalidParameterException',
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
      )
      for (const write of writes)
        for (const id of [SecretId, replicaArn]) await expect(write(id)).rejects.toMatchObject(refused)
      await expect(replica.createSecret({ Name: SecretId, SecretString: secretValue() })).rejects.toMatchObject(
        refusal('ResourceExistsException'),
      )
      const { $metadata: _, ...after } = await replica.describeSecret({ SecretId })
      expect(before).toMatchObject(after)
      expect(await at.readIn(replica, SecretId)).toBe(SecretString)
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    })

    check('SM-REPLICA-07 UpdateSecret changes its KmsKeyId alone, and seals its values again', async () => {
      const [old, fresh] = [await at.makeKey(), await at.makeKey()]
      const { SecretId, SecretString } = await at.create({ KmsKeyId: old.Arn })
      const next = secretValue('next')
      await at.primary.putSecretValue({ SecretId, SecretString: next })
      await at.settle()
      const values = async (): Promise<unknown[]> => [
        await at.readIn(at.replica, SecretId),
        await at.readIn(at.replica, SecretId, 'AWSPREVIOUS'),
      ]
      expect(await at.replica.updateSecret({ SecretId, KmsKeyId: fresh.Arn })).toMatchObject({ Name: SecretId })
      await at.kms.there.disableKey({ KeyId: old.KeyId })
      expect(await values()).toEqual([next, SecretString])
      await at.settle()
      expect((await at.replica.describeSecret({ SecretId })).KmsKeyId).toBe(fresh.Arn)
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync', KmsKeyId: fresh.Arn })
      expect(await at.primary.describeSecret({ SecretId })).not.toHaveProperty('KmsKeyId')

      // What the primary writes from here on is sealed under it, too.
      const third = secretValue('third')
      await at.primary.putSecretValue({ SecretId, SecretString: third })
      await at.settle()
      expect(await values()).toEqual([third, next])
      await at.replica.updateSecret({ SecretId, KmsKeyId: '' })
      await at.kms.there.disableKey({ KeyId: fresh.KeyId })
      await at.settle()
      expect(await values()).toEqual([third, next])
      expect(await at.replica.describeSecret({ SecretId })).not.toHaveProperty('KmsKeyId')
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    })

    check('SM-REPLICA-07 a key that can’t be used is refused there at once', async () => {
      const [disabled, elsewhere] = [await at.makeKey(), await at.makeKey('here')]
      await at.kms.there.disableKey({ KeyId: disabled.KeyId })
      const { SecretId, SecretString } = await at.create()
      for (const KmsKeyId of [disabled.Arn, elsewhere.Arn, 'alias/nobody-made-this'])
        await expect(at.replica.updateSecret({ SecretId, KmsKeyId })).rejects.toMatchObject(
          refusal('EncryptionFailure'),
        )
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
    })

    check('SM-REPLICA-11 SM-LIST-07 both show PrimaryRegion, and primary-region finds them by it', async () => {
      const { SecretId, ARN, replicaArn } = await at.create()
      const alone = await at.createAlone()
      for (const client of [at.primary, at.replica])
        expect(await client.describeSecret({ SecretId })).toMatchObject({ PrimaryRegion: at.here })
      expect(await at.replica.describeSecret({ SecretId })).not.toHaveProperty('ReplicationStatus')
      const listed = async (client: typeof at.primary, region: string): Promise<unknown[]> => {
        const Filters = [
          { Key: 'name' as const, Values: [SecretId, alone.SecretId] },
          { Key: 'primary-region' as const, Values: [region] },
        ]
        return (await client.listSecrets({ Filters })).SecretList!.map((entry) => [entry.ARN, entry.PrimaryRegion])
      }
      expect(await listed(at.primary, at.here)).toEqual([[ARN, at.here]])
      expect(await listed(at.replica, at.here)).toEqual([[replicaArn, at.here]])
      expect(await listed(at.primary, at.there)).toEqual([])
      expect(await listed(at.replica, at.there)).toEqual([])
      expect(await listed(at.primary, `!${at.here}`)).toEqual([[alone.ARN, undefined]])
      const Filters = [{ Key: 'primary-region' as const, Values: [at.here] }]
      const { SecretValues = [] } = await at.replica.batchGetSecretValue({ Filters })
      expect(SecretValues.map(({ Name }) => Name)).toContain(SecretId)
    })

    check('SM-REPLICA-10 a promoted replica is a secret of its own, which the primary shows no more', async () => {
      // By its name, by its ARN, and by the ARN of its primary, which is what the service's documentation asks for.
      for (const by of ['SecretId', 'replicaArn', 'ARN'] as const) {
        const made = await at.create()
        const { SecretId, SecretString, ARN, replicaArn, VersionId } = made
        const promoted = await at.replica.stopReplicationToReplica({ SecretId: made[by] })
        expect(promoted.ARN).toBe(replicaArn)
        expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
        const own = secretValue('of its own')
        await at.replica.putSecretValue({ SecretId, SecretString: own })
        await at.replica.updateSecret({ SecretId, Description: 'standalone' })
        await at.settle()
        for (const client of [at.primary, at.replica]) {
          const described = await client.describeSecret({ SecretId })
          expect(described.ReplicationStatus ?? []).toEqual([])
          expect(described).not.toHaveProperty('PrimaryRegion')
        }
        const later = secretValue('later')
        await at.primary.putSecretValue({ SecretId, SecretString: later })
        await at.settle()
        expect([await at.readIn(at.primary, ARN), await at.readIn(at.replica, replicaArn)]).toEqual([later, own])
        expect(await at.readIn(at.replica, SecretId, 'AWSPREVIOUS')).toBe(SecretString)
        const { VersionIdsToStages } = await at.replica.describeSecret({ SecretId })
        expect(VersionIdsToStages).toMatchObject({ [VersionId]: ['AWSPREVIOUS'] })
        // Each may be deleted: neither is bound to the other.
        await at.primary.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
        await at.settle()
        expect(await at.readIn(at.replica, SecretId)).toBe(own)
        await at.replica.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
        await at.replica.restoreSecret({ SecretId })
        expect(await at.readIn(at.replica, SecretId)).toBe(own)
      }
    })

    check('SM-REPLICA-10 only a replica is promoted, once, in its own Region', async () => {
      const invalid = refusal('InvalidRequestException')
      const { SecretId, SecretString } = await at.create()
      const alone = await at.createAlone()
      for (const id of [SecretId, alone.SecretId])
        await expect(at.primary.stopReplicationToReplica({ SecretId: id })).rejects.toMatchObject(invalid)
      await expect(at.replica.stopReplicationToReplica({ SecretId: alone.SecretId })).rejects.toMatchObject(notFound)
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
      await at.replica.stopReplicationToReplica({ SecretId })
      await expect(at.replica.stopReplicationToReplica({ SecretId })).rejects.toMatchObject(invalid)
      await at.settle()
      await expect(at.replica.stopReplicationToReplica({ SecretId })).rejects.toMatchObject(invalid)
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
    })

    check('SM-REPLICA-10 SM-REPLICA-04 a promoted secret needs nothing of the primary’s Region', async () => {
      const key = await at.makeKey('here')
      const { SecretId, SecretString } = await at.create({}, { KmsKeyId: key.Arn })
      await at.replica.stopReplicationToReplica({ SecretId })
      await at.settle()
      await at.kms.here.disableKey({ KeyId: key.KeyId })
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      const fresh = await at.makeKey()
      await at.replica.updateSecret({ SecretId, KmsKeyId: fresh.Arn })
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      expect((await at.replica.describeSecret({ SecretId })).KmsKeyId).toBe(fresh.Arn)
    })

    check(
      'SM-REPLICA-10 SM-REPLICA-03 it is promoted while the primary is out of reach, and both take writes',
      async () => {
        const { SecretId, SecretString } = await at.create()
        const [ours, theirs] = [secretValue('ours'), secretValue('theirs')]
        await at.cutOff(async () => {
          await at.replica.stopReplicationToReplica({ SecretId })
          await at.replica.putSecretValue({ SecretId, SecretString: theirs })
          await at.primary.putSecretValue({ SecretId, SecretString: ours })
          expect(await at.statusOf(SecretId)).not.toMatchObject({ Status: 'InSync' })
        })
        expect((await at.primary.describeSecret({ SecretId })).ReplicationStatus ?? []).toEqual([])
        expect([await at.readIn(at.primary, SecretId), await at.readIn(at.replica, SecretId)]).toEqual([ours, theirs])
        for (const client of [at.primary, at.replica])
          expect(await at.readIn(client, SecretId, 'AWSPREVIOUS')).toBe(SecretString)
      },
    )

    check(
      'SM-REPLICA-10 SM-REPLICA-05 promoted and deleted before the primary hears of it, it is not made again',
      async () => {
        const { SecretId, SecretString } = await at.create()
        await at.cutOff(async () => {
          await at.replica.stopReplicationToReplica({ SecretId })
          await at.replica.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
          await at.settle()
        })
        expect((await at.primary.describeSecret({ SecretId })).ReplicationStatus ?? []).toEqual([])
        await at.primary.putSecretValue({ SecretId, SecretString: secretValue('later') })
        await at.settle()
        await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
        expect(await at.readIn(at.primary, SecretId, 'AWSPREVIOUS')).toBe(SecretString)
      },
    )
  })
}
