import { paginateListSecretVersionIds, type SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName, versionId } from '../target.ts'

export function versions({ bench, check }: Suite): void {
  let sm: SecretsManager
  beforeAll(() => {
    sm = bench.secretsManager()
  })

  /** A secret with versions a, b, c; c is current. */
  async function threeVersions() {
    const SecretId = uniqueName()
    const [a, b, c] = [versionId('a'), versionId('b'), versionId('c')]
    await sm.createSecret({ Name: SecretId, SecretString: secretValue('a'), ClientRequestToken: a })
    await sm.putSecretValue({ SecretId, SecretString: secretValue('b'), ClientRequestToken: b })
    await sm.putSecretValue({ SecretId, SecretString: secretValue('c'), ClientRequestToken: c })
    return { SecretId, a, b, c }
  }
  const stagesOf = async (SecretId: string): Promise<Record<string, string[]> | undefined> =>
    (await sm.describeSecret({ SecretId })).VersionIdsToStages

  describe('staging labels', () => {
    check('SM-LABEL-02 SM-LABEL-13 AWSCURRENT moves, AWSPREVIOUS follows, the rest is deprecated', async () => {
      const { SecretId, a, b, c } = await threeVersions()
      expect(await stagesOf(SecretId)).toEqual({ [b]: ['AWSPREVIOUS'], [c]: ['AWSCURRENT'] })
      expect((await sm.getSecretValue({ SecretId, VersionId: a })).SecretString).toContain('-a-')
      const answer = await sm.updateSecretVersionStage({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: a,
        RemoveFromVersionId: c,
      })
      expect(answer).toMatchObject({ Name: SecretId, ARN: expect.stringContaining(SecretId) })
      expect(await stagesOf(SecretId)).toEqual({ [a]: ['AWSCURRENT'], [c]: ['AWSPREVIOUS'] })
      expect((await sm.getSecretValue({ SecretId })).VersionId).toBe(a)
    })

    check(
      'SM-LABEL-03 SM-LABEL-07 SM-LABEL-08 custom labels are put, stay when AWSCURRENT leaves, may start with AWS',
      async () => {
        const SecretId = uniqueName()
        const [a, b] = [versionId('a'), versionId('b')]
        await sm.createSecret({ Name: SecretId, SecretString: secretValue(), ClientRequestToken: a })
        const put = await sm.putSecretValue({
          SecretId,
          SecretString: secretValue(),
          ClientRequestToken: b,
          VersionStages: ['GREEN', 'AWSSOMETHING'],
        })
        expect(put.VersionStages!.sort()).toEqual(['AWSSOMETHING', 'GREEN'])
        expect(await stagesOf(SecretId)).toMatchObject({ [a]: ['AWSCURRENT'] })
        const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: b, RemoveFromVersionId: a }
        await sm.updateSecretVersionStage(move)
        await sm.putSecretValue({ SecretId, SecretString: secretValue() })
        const stages = await stagesOf(SecretId)
        expect(stages![b]!.sort()).toEqual(['AWSPREVIOUS', 'AWSSOMETHING', 'GREEN'])
      },
    )

    check('SM-LABEL-01 SM-LABEL-09 SM-LABEL-15 a custom label is attached, moved and detached alone', async () => {
      const { SecretId, a, b, c } = await threeVersions()
      const VersionStage = 'BLUE'
      await sm.updateSecretVersionStage({ SecretId, VersionStage, MoveToVersionId: a })
      expect((await sm.getSecretValue({ SecretId, VersionStage })).VersionId).toBe(a)
      await sm.updateSecretVersionStage({ SecretId, VersionStage, MoveToVersionId: b, RemoveFromVersionId: a })
      const moved = await stagesOf(SecretId)
      expect(moved![b]!.sort()).toEqual(['AWSPREVIOUS', 'BLUE'])
      expect(moved).not.toHaveProperty(a)
      await sm.updateSecretVersionStage({ SecretId, VersionStage, RemoveFromVersionId: b })
      expect(await stagesOf(SecretId)).toEqual({ [b]: ['AWSPREVIOUS'], [c]: ['AWSCURRENT'] })
    })

    check('SM-LABEL-04 SM-LABEL-05 AWSPENDING stays on a promoted version and goes with the next put', async () => {
      const SecretId = uniqueName()
      const [a, b] = [versionId('a'), versionId('b')]
      await sm.createSecret({ Name: SecretId, SecretString: secretValue(), ClientRequestToken: a })
      const VersionStages = ['AWSPENDING']
      await sm.putSecretValue({ SecretId, SecretString: secretValue(), ClientRequestToken: b, VersionStages })
      const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: b, RemoveFromVersionId: a }
      await sm.updateSecretVersionStage(move)
      expect((await stagesOf(SecretId))![b]!.sort()).toEqual(['AWSCURRENT', 'AWSPENDING'])
      await sm.putSecretValue({ SecretId, SecretString: secretValue() })
      expect((await stagesOf(SecretId))![b]).toEqual(['AWSPREVIOUS'])
    })

    check('SM-LABEL-10 SM-LABEL-14 moves that do not say enough are refused', async () => {
      const { SecretId, b, c } = await threeVersions()
      const VersionStage = 'AWSCURRENT'
      await expect(sm.updateSecretVersionStage({ SecretId, VersionStage, MoveToVersionId: b })).rejects.toMatchObject(
        refusal(
          'InvalidParameterException',
          `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${c}, so you must explicitly reference that version in RemoveFromVersionId.`,
        ),
      )
      await expect(
        sm.updateSecretVersionStage({ SecretId, VersionStage, RemoveFromVersionId: c }),
      ).rejects.toMatchObject(
        refusal(
          'InvalidParameterException',
          "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        ),
      )
      const wrong = { SecretId, VersionStage, MoveToVersionId: c, RemoveFromVersionId: b }
      await expect(sm.updateSecretVersionStage(wrong)).rejects.toMatchObject(refusal('InvalidParameterException'))
      expect(await stagesOf(SecretId)).toEqual({ [b]: ['AWSPREVIOUS'], [c]: ['AWSCURRENT'] })
    })

    check('SM-LABEL-11 the first version of a secret is current, whatever was asked', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId })
      const put = await sm.putSecretValue({ SecretId, SecretString: secretValue(), VersionStages: ['GREEN'] })
      expect(put.VersionStages!.sort()).toEqual(['AWSCURRENT', 'GREEN'])
    })

    check('SM-LABEL-12 more than twenty labels are too many', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId, SecretString: secretValue() })
      const VersionStages = Array.from({ length: 19 }, (_, index) => `LABEL${index}`)
      await sm.putSecretValue({ SecretId, SecretString: secretValue(), VersionStages })
      const more = { SecretId, SecretString: secretValue(), VersionStages: ['ONEMORE'] }
      await expect(sm.putSecretValue(more)).rejects.toMatchObject(refusal('LimitExceededException'))
    })
  })

  describe('ListSecretVersionIds', () => {
    check(
      'SM-VERSIONS-01 SM-VERSIONS-02 SM-VERSIONS-03 SM-ABSENT-06 lists versions, deprecated ones on request',
      async () => {
        const { SecretId, a, b, c } = await threeVersions()
        const listed = await sm.listSecretVersionIds({ SecretId })
        expect(listed).toMatchObject({ Name: SecretId, ARN: expect.stringContaining(SecretId) })
        expect(listed.Versions).toEqual([
          {
            VersionId: b,
            VersionStages: ['AWSPREVIOUS'],
            CreatedDate: expect.any(Date),
            KmsKeyIds: ['DefaultEncryptionKey'],
          },
          {
            VersionId: c,
            VersionStages: ['AWSCURRENT'],
            CreatedDate: expect.any(Date),
            KmsKeyIds: ['DefaultEncryptionKey'],
          },
        ])
        const all = await sm.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
        const deprecated = all.Versions!.find(({ VersionId }) => VersionId === a)
        expect(deprecated).toEqual({
          VersionId: a,
          CreatedDate: expect.any(Date),
          KmsKeyIds: ['DefaultEncryptionKey'],
        })
      },
    )

    check('SM-ABSENT-07 the SDK pages through versions and the last page has no token', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId })
      const ids: string[] = []
      for (let index = 0; index < 7; index++)
        ids.push((await sm.putSecretValue({ SecretId, SecretString: secretValue() })).VersionId!)
      const pages: string[][] = []
      const paginator = paginateListSecretVersionIds({ client: sm, pageSize: 3 }, { SecretId, IncludeDeprecated: true })
      for await (const { Versions } of paginator) pages.push(Versions!.map(({ VersionId }) => VersionId!))
      expect(pages.map((page) => page.length)).toEqual([3, 3, 1])
      expect(pages.flat().sort()).toEqual(ids.sort())
    })

    check('SM-LIST-10 a token that is not ours is InvalidNextTokenException', async () => {
      const { SecretId } = await threeVersions()
      await expect(sm.listSecretVersionIds({ SecretId, NextToken: 'bm90IG91cnM=' })).rejects.toMatchObject(
        refusal('InvalidNextTokenException'),
      )
    })
  })
}
