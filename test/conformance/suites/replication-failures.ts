import type { Suite } from '../suite.ts'
import { refusal, secretValue } from '../target.ts'
import { TwoRegions } from './two-regions.ts'

const HOUR = 3_600_000
const notFound = refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")

export function replicationFailures({ bench, check }: Suite): void {
  describe('replication that fails', () => {
    let at: TwoRegions
    beforeAll(() => {
      at = new TwoRegions(bench)
    })
    afterAll(() => at.cleanUp())
    interface How {
      readonly KmsKeyId?: string
      readonly isForced?: boolean
    }
    async function replicate(SecretId: string, { KmsKeyId, isForced }: How = {}): Promise<void> {
      await at.primary.replicateSecretToRegions({
        SecretId,
        AddReplicaRegions: [{ Region: at.there, ...(KmsKeyId !== undefined && { KmsKeyId }) }],
        ...(isForced && { ForceOverwriteReplicaSecret: true }),
      })
      await at.settle()
    }
    const remove = async (SecretId: string): Promise<void> => {
      await at.primary.removeRegionsFromReplication({ SecretId, RemoveReplicaRegions: [at.there] })
      await at.settle()
    }
    /** One of each Region, of one name. */
    async function namesakes() {
      const secret = await at.createAlone()
      const theirs = secretValue('theirs')
      const other = await at.replica.createSecret({
        Name: secret.SecretId,
        SecretString: theirs,
        Description: 'theirs',
      })
      return { ...secret, theirs, otherArn: other.ARN! }
    }
    const taken = {
      Status: 'Failed',
      StatusMessage: expect.stringMatching(/^Secret with this name already exists in this region\..*ForceOverwrite/s),
    }

    check(
      'SM-REPLICA-05 SM-REPLICA-03 SM-REPLICA-13 a name that is taken there: Failed, and nobody is harmed',
      async () => {
        const { SecretId, SecretString, theirs, otherArn } = await namesakes()
        await replicate(SecretId)
        expect(await at.statusOf(SecretId)).toMatchObject({ Region: at.there, ...taken })
        await at.pass(2 * HOUR)
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject(taken)
        const there = await at.replica.describeSecret({ SecretId })
        expect(there).toMatchObject({ ARN: otherArn, Description: 'theirs' })
        expect(there).not.toHaveProperty('PrimaryRegion')
        expect([await at.readIn(at.primary, SecretId), await at.readIn(at.replica, SecretId)]).toEqual([
          SecretString,
          theirs,
        ])
        await at.replica.putSecretValue({ SecretId, SecretString: secretValue('still theirs') })
      },
    )

    check('SM-REPLICA-05 SM-REPLICA-15 with ForceOverwriteReplicaSecret it takes the other’s place', async () => {
      const { SecretId, SecretString, replicaArn, otherArn } = await namesakes()
      await replicate(SecretId)
      await replicate(SecretId, { isForced: true })
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
      expect(await at.replica.describeSecret({ SecretId })).toMatchObject({ ARN: replicaArn, PrimaryRegion: at.here })
      expect(await at.replica.describeSecret({ SecretId })).not.toHaveProperty('Description')
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      await expect(at.replica.getSecretValue({ SecretId: otherArn })).rejects.toMatchObject(notFound)
      const { Versions } = await at.replica.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
      expect(Versions).toHaveLength(1)
    })

    check('SM-REPLICA-05 CreateSecret forces, too; also over a secret that is scheduled for deletion', async () => {
      const Name = at.name()
      await at.replica.createSecret({ Name, SecretString: secretValue('theirs') })
      await at.replica.deleteSecret({ SecretId: Name })
      const unforced = await at.create({}, { Name })
      expect(await at.statusOf(Name)).toMatchObject(taken)
      await replicate(Name, { isForced: true })
      expect(await at.statusOf(Name)).toMatchObject({ Status: 'InSync' })
      expect(await at.readIn(at.replica, Name)).toBe(unforced.SecretString)

      const second = at.name()
      await at.replica.createSecret({ Name: second, SecretString: secretValue('theirs') })
      const forced = await at.create({}, { Name: second, ForceOverwriteReplicaSecret: true })
      expect(await at.statusOf(second)).toMatchObject({ Status: 'InSync' })
      expect(await at.readIn(at.replica, second)).toBe(forced.SecretString)
    })

    check('SM-REPLICA-05 a force acts once: what comes later under the name is not overwritten', async () => {
      const { SecretId, replicaArn, SecretString } = await namesakes()
      await replicate(SecretId, { isForced: true })
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      // Promoted: it is no replica any more, and the force of old does not make it one again.
      await at.replica.stopReplicationToReplica({ SecretId })
      const own = secretValue('of its own')
      await at.replica.putSecretValue({ SecretId, SecretString: own })
      await at.settle()
      await at.primary.putSecretValue({ SecretId, SecretString: secretValue('later') })
      await at.pass(2 * HOUR)
      await at.settle()
      expect(await at.readIn(at.replica, replicaArn)).toBe(own)
      await replicate(SecretId)
      expect(await at.statusOf(SecretId)).toMatchObject(taken)
      expect(await at.readIn(at.replica, replicaArn)).toBe(own)
      // Removed from replication: what was never a replica for it stays.
      await remove(SecretId)
      expect(await at.readIn(at.replica, replicaArn)).toBe(own)
      // Another secret altogether.
      await at.replica.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
      await at.settle()
      await at.replica.createSecret({ Name: SecretId, SecretString: own })
      await at.primary.putSecretValue({ SecretId, SecretString: secretValue('later still') })
      await at.pass(2 * HOUR)
      await at.settle()
      expect(await at.readIn(at.replica, SecretId)).toBe(own)
    })

    check(
      'SM-REPLICA-05 SM-REPLICA-15 the name becomes free there: the copy is made without being asked for again',
      async () => {
        const { SecretId, SecretString } = await namesakes()
        await replicate(SecretId)
        await at.replica.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
        await at.pass(2 * HOUR)
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
        expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      },
    )

    check('SM-REPLICA-13 SM-REPLICA-03 a key that can’t be used there: Failed, with advice, and no copy', async () => {
      const [elsewhere, disabled, ending] = [await at.makeKey('here'), await at.makeKey(), await at.makeKey()]
      await at.kms.there.disableKey({ KeyId: disabled.KeyId })
      await at.kms.there.scheduleKeyDeletion({ KeyId: ending.KeyId, PendingWindowInDays: 7 })
      const missing = disabled.Arn.replace(disabled.KeyId, '01234567-89ab-4cde-8f01-23456789abcd')
      for (const KmsKeyId of [elsewhere.Arn, disabled.Arn, ending.Arn, missing, 'alias/nobody-made-this']) {
        const { SecretId, SecretString } = await at.createAlone()
        const answer = await at.primary.replicateSecretToRegions({
          SecretId,
          AddReplicaRegions: [{ Region: at.there, KmsKeyId }],
        })
        expect(answer.ReplicationStatus).toMatchObject([{ Region: at.there, Status: 'InProgress', KmsKeyId }])
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject({
          Region: at.there,
          Status: 'Failed',
          KmsKeyId,
          StatusMessage: expect.stringMatching(/call ReplicateSecretToRegions again/),
        })
        await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
        expect(await at.readIn(at.primary, SecretId)).toBe(SecretString)
        await remove(SecretId)
        expect((await at.primary.describeSecret({ SecretId })).ReplicationStatus ?? []).toEqual([])
      }
    })

    check('SM-REPLICA-15 SM-REPLICA-13 it is tried again by itself, and at once when it is added again', async () => {
      for (const isAsked of [false, true]) {
        const key = await at.makeKey()
        await at.kms.there.disableKey({ KeyId: key.KeyId })
        const { SecretId, SecretString } = await at.create({ KmsKeyId: key.Arn })
        expect(await at.statusOf(SecretId)).toMatchObject({
          Status: 'Failed',
          StatusMessage: expect.stringContaining(`${key.Arn} is disabled`),
        })
        await at.kms.there.enableKey({ KeyId: key.KeyId })
        if (isAsked) await replicate(SecretId, { KmsKeyId: key.Arn })
        else await at.pass(2 * HOUR)
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync', KmsKeyId: key.Arn })
        expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
      }
    })

    check('SM-REPLICA-15 a Failed Region is added again with another key', async () => {
      const [bad, good] = [await at.makeKey(), await at.makeKey()]
      await at.kms.there.disableKey({ KeyId: bad.KeyId })
      const { SecretId, SecretString } = await at.create({ KmsKeyId: bad.Arn })
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'Failed', KmsKeyId: bad.Arn })
      await replicate(SecretId, { KmsKeyId: good.Arn })
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync', KmsKeyId: good.Arn })
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
    })

    check(
      'SM-REPLICA-13 SM-REPLICA-15 a key that is taken away later: what was copied stays, and is healed',
      async () => {
        const key = await at.makeKey()
        const { SecretId, SecretString, VersionId } = await at.create({ KmsKeyId: key.Arn })
        await at.kms.there.scheduleKeyDeletion({ KeyId: key.KeyId, PendingWindowInDays: 7 })
        const next = secretValue('next')
        const { VersionId: nextId } = await at.primary.putSecretValue({ SecretId, SecretString: next })
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject({
          Status: 'Failed',
          StatusMessage: expect.stringContaining(`${key.Arn} is pending deletion`),
        })
        expect(await at.replica.describeSecret({ SecretId })).toMatchObject({
          PrimaryRegion: at.here,
          VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] },
        })
        expect(await at.readIn(at.primary, SecretId)).toBe(next)
        await at.kms.there.cancelKeyDeletion({ KeyId: key.KeyId })
        await at.kms.there.enableKey({ KeyId: key.KeyId })
        expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
        await at.pass(2 * HOUR)
        await at.settle()
        expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
        expect(await at.readIn(at.replica, SecretId)).toBe(next)
        expect((await at.replica.describeSecret({ SecretId })).VersionIdsToStages).toEqual({
          [VersionId]: ['AWSPREVIOUS'],
          [nextId!]: ['AWSCURRENT'],
        })
      },
    )

    check('SM-REPLICA-13 SM-REPLICA-09 what was copied before it failed goes when the Region is removed', async () => {
      const key = await at.makeKey()
      const { SecretId } = await at.create({ KmsKeyId: key.Arn })
      await at.kms.there.disableKey({ KeyId: key.KeyId })
      await at.primary.putSecretValue({ SecretId, SecretString: secretValue('next') })
      await at.settle()
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'Failed' })
      expect(await at.replica.describeSecret({ SecretId })).toMatchObject({ Name: SecretId })
      await remove(SecretId)
      await expect(at.replica.describeSecret({ SecretId })).rejects.toMatchObject(notFound)
      expect((await at.primary.describeSecret({ SecretId })).ReplicationStatus ?? []).toEqual([])
    })

    check('SM-REPLICA-13 a primary’s key that can’t be used says so, and what was copied is read on', async () => {
      const key = await at.makeKey('here')
      const { SecretId, SecretString } = await at.createAlone({ KmsKeyId: key.Arn })
      await at.kms.here.disableKey({ KeyId: key.KeyId })
      await replicate(SecretId)
      expect(await at.statusOf(SecretId)).toMatchObject({
        Status: 'Failed',
        StatusMessage: expect.stringMatching(new RegExp(`key in ${at.here}.*${key.Arn} is disabled`)),
      })
      await at.kms.here.enableKey({ KeyId: key.KeyId })
      await at.pass(2 * HOUR)
      await at.settle()
      expect(await at.statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
      expect(await at.readIn(at.replica, SecretId)).toBe(SecretString)
    })
  })
}
