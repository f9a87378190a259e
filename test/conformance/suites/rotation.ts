import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName, versionId } from '../target.ts'

const DAY = 86_400_000
/** It must be asked for: a value that names no database is not rotated otherwise. */
const ExternalSecretRotationMetadata = [{ Key: 'strategy', Value: 'generic' }]

/** Managed rotation of a value that names no database: it needs nothing but the service. Functions have suites of their own. */
export function rotation({ bench, check }: Suite): void {
  describe('RotateSecret and CancelRotateSecret', () => {
    let sm: SecretsManager
    let RotationLambdaARN: string
    beforeAll(() => {
      sm = bench.secretsManager()
      const { account, region } = bench.target
      RotationLambdaARN = `arn:aws:lambda:${region}:${account}:function:coffer-managed-rotation`
    })
    /** Nothing that rotates is left to what comes after: faults that others make would meet it. */
    const made: string[] = []
    afterAll(async () => {
      for (const SecretId of made) await sm.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
      await pass(1000)
    })
    const pass = (milliseconds: number): Promise<void> => {
      if (!bench.target.advanceClock) throw new Error('this target has no clock to move')
      return bench.target.advanceClock(milliseconds)
    }
    const create = async () => {
      const [SecretId, SecretString, first] = [uniqueName('rotating'), secretValue(), versionId('first')]
      await sm.createSecret({ Name: SecretId, SecretString, ClientRequestToken: first })
      made.push(SecretId)
      return { SecretId, SecretString, first }
    }
    const endOfDay = (date: Date): Date => new Date(Math.floor(date.getTime() / DAY) * DAY + DAY - 1000)

    check(
      'SM-ROTATE-07 SM-ROTATE-15 SM-ROTATE-22 rotates at once, and again in the window that NextRotationDate ends',
      async () => {
        const { SecretId, SecretString, first } = await create()
        const ClientRequestToken = versionId('second')
        const rules = {
          RotationLambdaARN,
          ExternalSecretRotationMetadata,
          RotationRules: { AutomaticallyAfterDays: 30 },
        }
        expect(await sm.rotateSecret({ SecretId, ClientRequestToken, ...rules })).toMatchObject({
          Name: SecretId,
          VersionId: ClientRequestToken,
        })
        await pass(1000)
        const value = await sm.getSecretValue({ SecretId })
        expect(value.VersionId).toBe(ClientRequestToken)
        expect(value.SecretString).not.toBe(SecretString)
        expect(await sm.getSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString })
        const rotated = await sm.describeSecret({ SecretId })
        expect(rotated).toMatchObject({ RotationEnabled: true, ...rules })
        expect(rotated.VersionIdsToStages?.[first]).toEqual(['AWSPREVIOUS'])
        const due = new Date(rotated.LastRotatedDate!.getTime() + 30 * DAY)
        expect(rotated.NextRotationDate).toEqual(endOfDay(due))
        await pass(31 * DAY)
        const again = await sm.describeSecret({ SecretId })
        expect(again.LastRotatedDate!.getTime()).toBeGreaterThan(rotated.LastRotatedDate!.getTime() + 29 * DAY)
        expect(again.LastRotatedDate!.getTime()).toBeLessThanOrEqual(rotated.NextRotationDate!.getTime())
        expect((await sm.getSecretValue({ SecretId })).VersionId).not.toBe(ClientRequestToken)
      },
    )

    check('SM-ROTATE-18 SM-ROTATE-19 only tests with RotateImmediately=false, and changes nothing', async () => {
      const { SecretId, SecretString, first } = await create()
      await sm.rotateSecret({
        SecretId,
        RotationLambdaARN,
        ExternalSecretRotationMetadata,
        RotateImmediately: false,
      })
      await pass(1000)
      expect(await sm.getSecretValue({ SecretId })).toMatchObject({ SecretString, VersionId: first })
      const described = await sm.describeSecret({ SecretId })
      expect(described).toMatchObject({ RotationEnabled: true, VersionIdsToStages: { [first]: ['AWSCURRENT'] } })
      expect(described).not.toHaveProperty('LastRotatedDate')
      expect(described.RotationRules).toBeUndefined()
    })

    check('SM-ROTATE-03 SM-ROTATE-04 SM-ROTATE-20 refuses what cannot be, and stores nothing of it', async () => {
      const { SecretId } = await create()
      await expect(sm.rotateSecret({ SecretId })).rejects.toMatchObject(
        refusal('InvalidRequestException', 'No Lambda rotation function ARN is associated with this secret.'),
      )
      const unknown = RotationLambdaARN.replace('coffer-managed-rotation', 'there-is-no-such-function')
      await expect(sm.rotateSecret({ SecretId, RotationLambdaARN: unknown })).rejects.toMatchObject(
        refusal(
          'AccessDeniedException',
          'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
        ),
      )
      const RotationRules = { AutomaticallyAfterDays: 10, ScheduleExpression: 'rate(10 days)' }
      await expect(sm.rotateSecret({ SecretId, RotationLambdaARN, RotationRules })).rejects.toMatchObject(
        refusal(
          'InvalidParameterException',
          'You cannot specify both rotation frequency and schedule expression together.',
        ),
      )
      await expect(
        sm.rotateSecret({ SecretId, RotationLambdaARN, RotationRules: { ScheduleExpression: 'rate(1 hour)' } }),
      ).rejects.toMatchObject({ name: 'InvalidParameterException' })
      const described = await sm.describeSecret({ SecretId })
      for (const member of ['RotationEnabled', 'RotationLambdaARN', 'RotationRules', 'NextRotationDate'])
        expect(described).not.toHaveProperty(member)
    })

    check(
      'SM-ROTATE-06 SM-ROTATE-23 is refused while AWSPENDING is elsewhere; CancelRotateSecret keeps the rules',
      async () => {
        const { SecretId } = await create()
        await sm.rotateSecret({
          SecretId,
          RotationLambdaARN,
          ExternalSecretRotationMetadata,
          RotationRules: { ScheduleExpression: 'rate(10 days)' },
        })
        await pass(1000)
        await sm.putSecretValue({ SecretId, SecretString: secretValue(), VersionStages: ['AWSPENDING'] })
        await expect(sm.rotateSecret({ SecretId })).rejects.toMatchObject(
          refusal('InvalidRequestException', "A previous rotation isn't complete. That rotation will be reattempted."),
        )
        expect(await sm.cancelRotateSecret({ SecretId })).toMatchObject({ Name: SecretId })
        const described = await sm.describeSecret({ SecretId })
        expect(described).toMatchObject({
          RotationEnabled: false,
          RotationLambdaARN,
          RotationRules: { ScheduleExpression: 'rate(10 days)', AutomaticallyAfterDays: 10 },
        })
        expect(described).not.toHaveProperty('NextRotationDate')
        const { VersionId } = await sm.getSecretValue({ SecretId })
        await pass(20 * DAY)
        expect((await sm.getSecretValue({ SecretId })).VersionId).toBe(VersionId)
      },
    )

    check('SM-ROTATE-22 a value that is set by hand moves NextRotationDate', async () => {
      const { SecretId } = await create()
      await sm.rotateSecret({
        SecretId,
        RotationLambdaARN,
        ExternalSecretRotationMetadata,
        RotationRules: { AutomaticallyAfterDays: 30 },
      })
      await pass(5 * DAY)
      const before = await sm.describeSecret({ SecretId })
      await sm.putSecretValue({ SecretId, SecretString: secretValue() })
      const after = await sm.describeSecret({ SecretId })
      expect(after.NextRotationDate!.getTime() - before.NextRotationDate!.getTime()).toBe(5 * DAY)
      expect(after.LastRotatedDate).toEqual(before.LastRotatedDate)
    })
  })
}
