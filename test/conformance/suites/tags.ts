import type { SecretsManager, Tag } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName } from '../target.ts'

export function tags({ bench, check }: Suite): void {
  describe('tags', () => {
    let sm: SecretsManager
    beforeAll(() => {
      sm = bench.secretsManager()
    })
    const tagsOf = async (SecretId: string): Promise<Tag[] | undefined> =>
      (await sm.describeSecret({ SecretId })).Tags?.sort((a, b) => (a.Key! < b.Key! ? -1 : 1))

    check('SM-TAG-02 SM-TAG-03 SM-WIRE-05 SM-ABSENT-01 tags are added, overwritten and removed', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId, SecretString: secretValue(), Tags: [{ Key: 'Team', Value: 'one' }] })
      const { $metadata: _, ...nothing } = await sm.tagResource({
        SecretId,
        Tags: [
          { Key: 'Team', Value: 'two' },
          { Key: 'team', Value: 'Straße 1: a/b=c+d-e@f_g.h' },
        ],
      })
      expect(nothing).toEqual({})
      expect(await tagsOf(SecretId)).toEqual([
        { Key: 'Team', Value: 'two' },
        { Key: 'team', Value: 'Straße 1: a/b=c+d-e@f_g.h' },
      ])
      await sm.untagResource({ SecretId, TagKeys: ['Team', 'never-there'] })
      expect(await tagsOf(SecretId)).toEqual([{ Key: 'team', Value: 'Straße 1: a/b=c+d-e@f_g.h' }])
      await sm.untagResource({ SecretId, TagKeys: ['team'] })
      expect(await tagsOf(SecretId)).toEqual([])
    })

    check('SM-TAG-01 fifty tags fit; more, reserved and repeated ones are refused and change nothing', async () => {
      const SecretId = uniqueName()
      const fifty = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }))
      await sm.createSecret({ Name: SecretId, Tags: fifty })
      const invalid = refusal('InvalidParameterException')
      const refused: Tag[][] = [
        [{ Key: 'one-more', Value: '' }],
        [{ Key: 'aws:reserved', Value: '' }],
        [
          { Key: 'k1', Value: 'x' },
          { Key: 'k1', Value: 'y' },
        ],
        [{ Key: 'bad*character', Value: '' }],
      ]
      for (const Tags of refused) await expect(sm.tagResource({ SecretId, Tags })).rejects.toMatchObject(invalid)
      const tooLong = [{ Key: 'k'.repeat(129), Value: '' }]
      await expect(sm.tagResource({ SecretId, Tags: tooLong })).rejects.toMatchObject(refusal('ValidationException'))
      expect(await tagsOf(SecretId)).toHaveLength(50)
    })

    check('SM-TAG-04 a secret that is scheduled for deletion takes no change of tags', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId })
      await sm.deleteSecret({ SecretId })
      const marked = refusal('InvalidRequestException')
      await expect(sm.tagResource({ SecretId, Tags: [{ Key: 'k', Value: 'v' }] })).rejects.toMatchObject(marked)
      await expect(sm.untagResource({ SecretId, TagKeys: ['k'] })).rejects.toMatchObject(marked)
    })
  })
}
