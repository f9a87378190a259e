import type { Suite } from '../suite.ts'
import { refusal, secretValue } from '../target.ts'
import { TwoRegions } from './two-regions.ts'

const notFound = refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")

export function replicationRequests({ bench, check }: Suite): void {
  describe('ReplicateSecretToRegions and RemoveRegionsFromReplication', () => {
    let at: TwoRegions
    beforeAll(() => {
      at = new TwoRegions(bench)
    })
    afterAll(() => at.cleanUp())
    const replicate = (SecretId: string, ...regions: string[]) =>
      at.primary.replicateSecretToRegions({ SecretId, AddReplicaRegions: regions.map((Region) => ({ Region })) })
    const remove = (SecretId: string, ...RemoveReplicaRegions: string[]) =>
      at.primary.removeRegionsFromReplication({ SecretId, RemoveReplicaRegions })

    check(
      'SM-REPLICA-01 SM-REPLICA-03 CreateSecret with replicas answers InProgress, and later it is InSync',
      async () => {
        const [Name, SecretString] = [at.name(), secretValue()]
        const AddReplicaRegions = [{ Region: at.there }]
        const made = await at.primary.createSecret({ Name, SecretString, AddReplicaRegions })
        expect(made).toMatchObject({
          Name,
          VersionId: expect.any(String),
          ReplicationStatus: [{ Region: at.there, KmsKeyId: 'alias/aws/secretsmanager', Status: 'InProgress' }],
        })
        await at.settle()
        expect(await at.statusOf(Name)).toEqual({
          Region: at.there,
          KmsKeyId: 'alias/aws/secretsmanager',
          Status: 'InSync',
          StatusMessage: 'Replication succeeded',
        })
        expect(await at.readIn(at.replica, Name)).toBe(SecretString)
      },
    )

    check('SM-REPLICA-01 a secret without replicas shows nothing of replication', async () => {
      const [Name, SecretString] = [at.name(), secretValue()]
      const made = await at.primary.createSecret({ Name, SecretString })
      expect(made).not.toHaveProperty('ReplicationStatus')
      const described = await at.primary.describeSecret({ SecretId: Name })
      expect(described).not.toHaveProperty('ReplicationStatus')
      expect(described).not.toHaveProperty('PrimaryRegion')
      await at.settle()
      await expect(at.replica.describeSecret({ SecretId: Name })).rejects.toMatchObject(notFound)
    })

    check(
      'SM-REPLICA-01 SM-REPLICA-03 ReplicateSecretToRegions answers the ARN and every replica, by name and by ARN',
      async () => {
        for (const isByArn of [false, true]) {
          const { SecretId, SecretString, ARN } = await at.createAlone()
          const before = await at.primary.describeSecret({ SecretId })
          expect(await replicate(isByArn ? ARN : SecretId, at.there)).toMatchObject({
            ARN,
            ReplicationStatus: [{ Region: at.there, Status: 'InProgress' }],
          })
          await at.settle()
          expect(await at.statusOf(ARN)).toMatchObject({ Region: at.there, Status: 'InSync' })
          expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
          const after = await at.primary.describeSecret({ SecretId })
          expect(after.VersionIdsToStages).toEqual(before.VersionIdsToStages)
        }
      },
    )

    check('SM-REPLICA-08 the primary’s own Region is no replica Region', async () => {
      const invalid = refusal('InvalidParameterException', 'Invalid replica region.')
      const { SecretId } = await at.createAlone()
      await expect(replicate(SecretId, at.here)).rejects.toMatchObject(invalid)
      await expect(replicate(SecretId, at.there, at.here)).rejects.toMatchObject(invalid)
      const Name = at.name()
      await expect(
        at.primary.createSecret({ Name, SecretString: secretValue(), AddReplicaRegions: [{ Region: at.here }] }),
      ).rejects.toMatchObject(invalid)
      await expect(at.primary.describeSecret({ SecretId: Name })).rejects.toMatchObject(notFound)
      expect(await at.primary.describeSecret({ SecretId })).not.toHaveProperty('ReplicationStatus')
    })

    check('SM-REPLICA-08 Regions that are not there, or of another partition, or given twice are refused', async () => {
      const { SecretId } = await at.createAlone()
      const invalid = refusal('InvalidParameterException', expect.stringMatching(/^Invalid replica region\. ./))
      for (const regions of [['mars-north-1'], ['cn-north-1'], [at.there, 'mars-north-1'], [at.there, at.there]]) {
        await expect(replicate(SecretId, ...regions)).rejects.toMatchObject(invalid)
        const AddReplicaRegions = regions.map((Region) => ({ Region }))
        const Name = at.name()
        await expect(
          at.primary.createSecret({ Name, SecretString: secretValue(), AddReplicaRegions }),
        ).rejects.toMatchObject(invalid)
        await expect(at.primary.describeSecret({ SecretId: Name })).rejects.toMatchObject(notFound)
      }
      expect(await at.primary.describeSecret({ SecretId })).not.toHaveProperty('ReplicationStatus')
      await at.settle()
      await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
    })

    check('SM-REPLICA-08 what does not look like a Region, and no Region at all, is no valid request', async () => {
      const { SecretId } = await at.createAlone()
      const invalid = refusal('ValidationException')
      for (const region of ['nowhere', 'US-EAST-1', 'us east 1', '', '1-us']) {
        await expect(replicate(SecretId, region)).rejects.toMatchObject(invalid)
        await expect(remove(SecretId, region)).rejects.toMatchObject(invalid)
      }
      await expect(replicate(SecretId)).rejects.toMatchObject(invalid)
      await expect(remove(SecretId)).rejects.toMatchObject(invalid)
    })

    check('SM-REPLICA-01 SM-REPLICA-09 there must be a secret, and not one that is being deleted', async () => {
      const nobody = at.name()
      await expect(replicate(nobody, at.there)).rejects.toMatchObject(notFound)
      await expect(remove(nobody, at.there)).rejects.toMatchObject(notFound)
      const { SecretId } = await at.createAlone()
      await at.primary.deleteSecret({ SecretId })
      const marked = refusal('InvalidRequestException')
      await expect(replicate(SecretId, at.there)).rejects.toMatchObject(marked)
      await expect(remove(SecretId, at.there)).rejects.toMatchObject(marked)
      await at.settle()
      await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
    })

    check('SM-REPLICA-09 a removed Region loses its copy at once; others are ignored', async () => {
      const { SecretId, SecretString, ARN, replicaArn, VersionId } = await at.create()
      const ignored = await remove(SecretId, 'eu-south-1', at.here)
      expect(ignored).toMatchObject({ ARN, ReplicationStatus: [{ Region: at.there, Status: 'InSync' }] })
      const removed = await remove(ARN, at.there)
      expect(removed.ARN).toBe(ARN)
      expect(removed.ReplicationStatus ?? []).toEqual([])
      await at.settle()
      for (const id of [SecretId, replicaArn]) {
        await expect(at.replica.getSecretValue({ SecretId: id })).rejects.toMatchObject(notFound)
        await expect(at.replica.getSecretValue({ SecretId: id, VersionId })).rejects.toMatchObject(notFound)
        await expect(at.replica.describeSecret({ SecretId: id })).rejects.toMatchObject(notFound)
        await expect(at.replica.listSecretVersionIds({ SecretId: id })).rejects.toMatchObject(notFound)
        const { Errors } = await at.replica.batchGetSecretValue({ SecretIdList: [id] })
        expect(Errors).toMatchObject([{ SecretId: id, ErrorCode: 'ResourceNotFoundException' }])
      }
      const Filters = [{ Key: 'name' as const, Values: [SecretId] }]
      expect((await at.replica.listSecrets({ Filters, IncludePlannedDeletion: true })).SecretList).toEqual([])
      expect(await at.readIn(at.primary, SecretId)).toBe(SecretString)
      const described = await at.primary.describeSecret({ SecretId })
      expect(described.ReplicationStatus ?? []).toEqual([])
      expect(described).not.toHaveProperty('PrimaryRegion')
      expect((await remove(SecretId, at.there)).ReplicationStatus ?? []).toEqual([])
    })

    check('SM-REPLICA-09 a Region that is removed while its copy is under way gets none', async () => {
      const { SecretId } = await at.createAlone()
      await at.cutOff(async () => {
        await replicate(SecretId, at.there)
        expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InProgress' })
        await remove(SecretId, at.there)
      })
      await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
      expect((await at.primary.describeSecret({ SecretId })).ReplicationStatus ?? []).toEqual([])
    })

    check('SM-REPLICA-09 SM-REPLICA-02 a Region that is added again gets what is current then', async () => {
      const { SecretId, ARN, replicaArn } = await at.create()
      for (let round = 0; round < 2; round++) {
        await remove(SecretId, at.there)
        // With the removal carried out in between, and not.
        if (round === 0) await at.settle()
        const SecretString = secretValue('meanwhile')
        await at.primary.putSecretValue({ SecretId, SecretString })
        await replicate(SecretId, at.there)
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject({ Region: at.there, Status: 'InSync' })
        expect(await at.readIn(at.replica, replicaArn)).toBe(SecretString)
        const [there, here] = [
          await at.replica.describeSecret({ SecretId }),
          await at.primary.describeSecret({ SecretId: ARN }),
        ]
        expect(there.VersionIdsToStages).toEqual(here.VersionIdsToStages)
      }
    })

    check('SM-DELETE-08 SM-REPLICA-09 a primary is deleted when its replicas are gone, and not before', async () => {
      const { SecretId, ARN, SecretString } = await at.create()
      const refused = refusal(
        'InvalidParameterException',
        `You can't delete secret ${ARN} that still has replica regions [${at.there}].`,
      )
      await expect(at.primary.deleteSecret({ SecretId })).rejects.toMatchObject(refused)
      await expect(at.primary.deleteSecret({ SecretId: ARN, ForceDeleteWithoutRecovery: true })).rejects.toMatchObject(
        refused,
      )
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      await remove(SecretId, at.there)
      expect(await at.primary.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })).toMatchObject({ ARN })
      await at.settle()
      await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
      await at.primary.restoreSecret({ SecretId })
      await at.settle()
      await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
    })

    check('SM-DELETE-08 SM-REPLICA-09 a secret whose copy was removed a moment ago may be gone before it', async () => {
      const { SecretId } = await at.create()
      await at.cutOff(async () => {
        await remove(SecretId, at.there)
        await at.primary.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
      })
      for (const client of [at.primary, at.replica])
        await expect(client.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
      const SecretString = secretValue('next')
      await at.replica.createSecret({ Name: SecretId, SecretString })
      await at.settle()
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
    })
  })
}
