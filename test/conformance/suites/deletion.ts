import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName } from '../target.ts'

const DAY = 86_400_000

export function deletion({ bench, check }: Suite): void {
  describe('DeleteSecret and RestoreSecret', () => {
    let sm: SecretsManager
    beforeAll(() => {
      sm = bench.secretsManager()
    })
    async function create(): Promise<{ SecretId: string; ARN: string; SecretString: string }> {
      const [SecretId, SecretString] = [uniqueName(), secretValue()]
      const { ARN } = await sm.createSecret({ Name: SecretId, SecretString })
      return { SecretId, ARN: ARN!, SecretString }
    }
    const isListed = async (SecretId: string, IncludePlannedDeletion: boolean): Promise<boolean> => {
      const Filters = [{ Key: 'name' as const, Values: [SecretId] }]
      return (await sm.listSecrets({ Filters, IncludePlannedDeletion })).SecretList!.length === 1
    }

    check('SM-DELETE-01 SM-DELETE-06 a deletion is scheduled, shown, hidden from lists and refused twice', async () => {
      const { SecretId, ARN } = await create()
      const before = await sm.describeSecret({ SecretId })
      const deleted = await sm.deleteSecret({ SecretId })
      expect(deleted).toMatchObject({ ARN, Name: SecretId })
      const days = (deleted.DeletionDate!.getTime() - before.LastChangedDate!.getTime()) / DAY
      expect(days).toBeGreaterThanOrEqual(30)
      expect(days).toBeLessThan(30.1)
      expect((await sm.describeSecret({ SecretId })).DeletedDate).toEqual(deleted.DeletionDate)
      expect([await isListed(SecretId, false), await isListed(SecretId, true)]).toEqual([false, true])
      await expect(sm.deleteSecret({ SecretId })).rejects.toMatchObject(refusal('InvalidRequestException'))
      expect((await sm.listSecretVersionIds({ SecretId })).Versions).toHaveLength(1)
    })

    check('SM-RESTORE-01 a restored secret is as it was', async () => {
      const { SecretId, ARN, SecretString } = await create()
      await sm.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
      expect(await sm.restoreSecret({ SecretId })).toMatchObject({ ARN, Name: SecretId })
      expect(await sm.describeSecret({ SecretId })).not.toHaveProperty('DeletedDate')
      expect((await sm.getSecretValue({ SecretId })).SecretString).toBe(SecretString)
      expect(await isListed(SecretId, false)).toBe(true)
    })

    check('SM-CREATE-02 a name that is scheduled for deletion is taken', async () => {
      const { SecretId } = await create()
      await sm.deleteSecret({ SecretId })
      await expect(sm.createSecret({ Name: SecretId })).rejects.toMatchObject(
        refusal(
          'InvalidRequestException',
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        ),
      )
    })

    check('SM-DELETE-02 SM-DELETE-03 the window has 7 to 30 days, and none with force', async () => {
      const { SecretId } = await create()
      for (const RecoveryWindowInDays of [0, 6, 31, -1])
        await expect(sm.deleteSecret({ SecretId, RecoveryWindowInDays })).rejects.toMatchObject(
          refusal(
            'InvalidParameterException',
            'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
          ),
        )
      await expect(
        sm.deleteSecret({ SecretId, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }),
      ).rejects.toMatchObject(
        refusal(
          'InvalidParameterException',
          "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ),
      )
      await sm.deleteSecret({ SecretId, RecoveryWindowInDays: 30, ForceDeleteWithoutRecovery: false })
    })

    check(
      'SM-DELETE-04 SM-NAME-03 SM-NAME-07 force works on a scheduled secret, and the name comes back with another ARN',
      async () => {
        const { SecretId, ARN } = await create()
        await sm.deleteSecret({ SecretId })
        await sm.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
        await expect(sm.describeSecret({ SecretId })).rejects.toMatchObject(refusal('ResourceNotFoundException'))
        const again = await eventually(() => sm.createSecret({ Name: SecretId, SecretString: secretValue() }))
        expect(again.ARN).not.toBe(ARN)
        await expect(sm.getSecretValue({ SecretId: ARN })).rejects.toMatchObject(refusal('ResourceNotFoundException'))
      },
    )

    check('SM-DELETE-05 force on what is not there answers as if it had been', async () => {
      const SecretId = uniqueName()
      const answer = await sm.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
      expect(answer).toMatchObject({ Name: SecretId, DeletionDate: expect.any(Date) })
      expect(answer.ARN).toContain(`:secret:${SecretId}-`)
      const without = sm.deleteSecret({ SecretId })
      await expect(without).rejects.toMatchObject(refusal('ResourceNotFoundException'))
    })

    check('SM-DELETE-07 the clock crosses the recovery window: the secret is gone and its name free', async () => {
      const [kept, lost] = [await create(), await create()]
      await sm.deleteSecret({ SecretId: lost.SecretId, RecoveryWindowInDays: 7 })
      await sm.deleteSecret({ SecretId: kept.SecretId, RecoveryWindowInDays: 8 })
      await bench.target.advanceClock!(7 * DAY - 3_600_000)
      expect(await sm.describeSecret({ SecretId: lost.SecretId })).toHaveProperty('DeletedDate')
      await bench.target.advanceClock!(7_200_000)
      const notFound = refusal('ResourceNotFoundException')
      await expect(sm.describeSecret({ SecretId: lost.SecretId })).rejects.toMatchObject(notFound)
      await expect(sm.restoreSecret({ SecretId: lost.SecretId })).rejects.toMatchObject(notFound)
      const again = await sm.createSecret({ Name: lost.SecretId, SecretString: secretValue() })
      expect(again.ARN).not.toBe(lost.ARN)
      await sm.restoreSecret({ SecretId: kept.SecretId })
      expect((await sm.getSecretValue({ SecretId: kept.SecretId })).SecretString).toBe(kept.SecretString)
    })
  })
}

/** The service may take some seconds to free a name (behaviour 5.1). */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const giveUp = performance.now() + 10_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const isBusy = (error as { name?: unknown }).name === 'InvalidRequestException'
      if (!isBusy || performance.now() > giveUp) throw error
    }
  }
}
