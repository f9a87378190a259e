import {
  paginateBatchGetSecretValue,
  paginateListSecrets,
  type Filter,
  type ListSecretsRequest,
  type SecretsManager,
} from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName } from '../target.ts'

export function lists({ bench, check }: Suite): void {
  let sm: SecretsManager
  beforeAll(() => {
    sm = bench.secretsManager()
  })

  describe('ListSecrets', () => {
    const prefix = uniqueName('list')
    const mine: Filter = { Key: 'name', Values: [prefix] }
    const samples = [
      { name: 'AppBeta', Description: 'The First Database', Tags: [{ Key: 'Stage', Value: 'prod' }] },
      { name: 'app-gamma', Description: 'second, for billing', Tags: [{ Key: 'Stage', Value: 'test' }] },
      { name: 'delta', Description: 'DescTwo of COMPANYthings', Tags: [{ Key: 'owner', Value: 'prodigy' }] },
      { name: 'epsilon42', Description: 'retired' },
    ]
    const made = new Map<string, { ARN: string; VersionId: string }>()
    beforeAll(async () => {
      for (const { name, ...rest } of samples) {
        const { ARN, VersionId } = await sm.createSecret({
          Name: `${prefix}/${name}`,
          SecretString: secretValue(),
          ...rest,
        })
        made.set(name, { ARN: ARN!, VersionId: VersionId! })
      }
    })

    async function listed(request: ListSecretsRequest): Promise<string[]> {
      const names: string[] = []
      for await (const { SecretList } of paginateListSecrets({ client: sm, pageSize: 2 }, { ...request }))
        names.push(...SecretList!.map(({ Name }) => Name!.slice(prefix.length + 1)))
      return names
    }
    const matching = async (Key: Filter['Key'], ...Values: string[]): Promise<string[]> =>
      (await listed({ Filters: [mine, { Key, Values }] })).sort()

    check('SM-LIST-01 an entry is like DescribeSecret, with SecretVersionsToStages', async () => {
      const { SecretList } = await sm.listSecrets({ Filters: [{ Key: 'name', Values: [`${prefix}/AppBeta`] }] })
      const { ARN, VersionId } = made.get('AppBeta')!
      expect(SecretList).toEqual([
        {
          ARN,
          Name: `${prefix}/AppBeta`,
          Description: 'The First Database',
          CreatedDate: expect.any(Date),
          LastChangedDate: expect.any(Date),
          Tags: [{ Key: 'Stage', Value: 'prod' }],
          SecretVersionsToStages: { [VersionId]: ['AWSCURRENT'] },
        },
      ])
    })

    check('SM-LIST-08 SM-ABSENT-07 the order is that of creation, or the one asked for, over all pages', async () => {
      expect(await listed({ Filters: [mine] })).toEqual(['AppBeta', 'app-gamma', 'delta', 'epsilon42'])
      const descending = { Filters: [mine], SortOrder: 'desc' as const }
      expect(await listed(descending)).toEqual(['epsilon42', 'delta', 'app-gamma', 'AppBeta'])
      expect(await listed({ ...descending, SortBy: 'name' })).toEqual(['epsilon42', 'delta', 'app-gamma', 'AppBeta'])
      await sm.updateSecret({ SecretId: `${prefix}/app-gamma`, Description: 'second, for billing' })
      await sm.getSecretValue({ SecretId: `${prefix}/delta` })
      expect((await listed({ Filters: [mine], SortBy: 'last-changed-date' })).at(-1)).toBe('app-gamma')
      expect((await listed({ Filters: [mine], SortBy: 'last-accessed-date' })).at(-1)).toBe('delta')
    })

    check('SM-LIST-03 names and tags match from the start, in their case', async () => {
      expect(await matching('name', `${prefix}/app`)).toEqual(['app-gamma'])
      expect(await matching('name', `${prefix}/app gamma`)).toEqual([])
      expect(await matching('tag-key', 'Sta')).toEqual(['AppBeta', 'app-gamma'])
      expect(await matching('tag-key', 'sta')).toEqual([])
      expect(await matching('tag-value', 'prod')).toEqual(['AppBeta', 'delta'])
    })

    check('SM-LIST-04 SM-LIST-05 descriptions match by the beginnings of words, in any case and order', async () => {
      expect(await matching('description', 'first')).toEqual(['AppBeta'])
      expect(await matching('description', 'data fir')).toEqual(['AppBeta'])
      expect(await matching('description', 'Two')).toEqual(['delta'])
      expect(await matching('description', 'Ythings')).toEqual(['delta'])
      expect(await matching('description', 'things')).toEqual([])
      expect(await matching('description', 'tired')).toEqual([])
      expect(await matching('all', 'Beta')).toEqual(['AppBeta'])
    })

    check('SM-LIST-02 SM-LIST-06 filters are all of, values any of, an exclamation mark none of', async () => {
      expect(await matching('description', 'first', 'retired')).toEqual(['AppBeta', 'epsilon42'])
      expect(await matching('tag-value', '!prod')).toEqual(['app-gamma', 'epsilon42'])
      expect(await matching('name', `!${prefix}/a`)).toEqual(['AppBeta', 'delta', 'epsilon42'])
      const both: Filter[] = [mine, { Key: 'tag-key', Values: ['Stage'] }, { Key: 'tag-value', Values: ['test'] }]
      expect(await listed({ Filters: both })).toEqual(['app-gamma'])
    })

    check('SM-LIST-09 secrets that stay are seen once, whatever is made and deleted between the pages', async () => {
      const own = uniqueName('paging')
      const names = Array.from({ length: 9 }, (_, index) => `${own}/${index}`)
      for (const Name of names) await sm.createSecret({ Name })
      const seen: string[] = []
      const pages = paginateListSecrets({ client: sm, pageSize: 2 }, { Filters: [{ Key: 'name', Values: [own] }] })
      for await (const { SecretList } of pages) {
        seen.push(...SecretList!.map(({ Name }) => Name!))
        const [last] = seen.slice(-1)
        if (last === `${own}/1`) {
          await sm.deleteSecret({ SecretId: `${own}/0`, ForceDeleteWithoutRecovery: true })
          await sm.deleteSecret({ SecretId: `${own}/1`, ForceDeleteWithoutRecovery: true })
          await sm.createSecret({ Name: `${own}/late` })
        }
      }
      expect(seen.filter((name) => !name.endsWith('late'))).toEqual(names)
      expect(new Set(seen).size).toBe(seen.length)
    })

    check('SM-LIST-10 SM-LIST-11 SM-LIST-12 bad tokens and filters are refused', async () => {
      const { NextToken } = await sm.listSecrets({ Filters: [mine], MaxResults: 1 })
      const invalidToken = refusal('InvalidNextTokenException')
      await expect(sm.listSecrets({ NextToken: 'forged' })).rejects.toMatchObject(invalidToken)
      await expect(sm.listSecrets({ NextToken, SortBy: 'name' })).rejects.toMatchObject(invalidToken)
      await expect(sm.listSecrets({ Filters: [{ Values: ['x'] }] })).rejects.toMatchObject(
        refusal('InvalidParameterException', 'Invalid filter key'),
      )
      await expect(sm.listSecrets({ Filters: [{ Key: 'name' }] })).rejects.toMatchObject(
        refusal('InvalidParameterException', 'Invalid filter values for key: name'),
      )
      await expect(sm.listSecrets({ Filters: [{ Key: 'colour' as 'name', Values: ['x'] }] })).rejects.toMatchObject(
        refusal('ValidationException', expect.stringContaining("Value 'colour' at 'filters.1.member.key'")),
      )
    })
  })

  describe('BatchGetSecretValue', () => {
    const prefix = uniqueName('batch')
    const contents = new Map<string, string>()
    beforeAll(async () => {
      for (const label of ['a', 'b', 'c']) {
        contents.set(`${prefix}/${label}`, secretValue(label))
        await sm.createSecret({ Name: `${prefix}/${label}`, SecretString: contents.get(`${prefix}/${label}`) })
      }
      await sm.createSecret({ Name: `${prefix}/empty` })
      await sm.createSecret({ Name: `${prefix}/gone`, SecretString: secretValue('gone') })
      await sm.deleteSecret({ SecretId: `${prefix}/gone` })
    })

    check('SM-BATCH-02 SM-BATCH-03 values come with the errors of single secrets, in an answer of 200', async () => {
      const SecretIdList = ['a', 'empty', 'missing', 'gone', 'b'].map((label) => `${prefix}/${label}`)
      const { SecretValues, Errors, $metadata } = await sm.batchGetSecretValue({ SecretIdList })
      expect($metadata.httpStatusCode).toBe(200)
      expect(SecretValues!.map(({ Name, SecretString }) => [Name, SecretString])).toEqual(
        ['a', 'b'].map((label) => [`${prefix}/${label}`, contents.get(`${prefix}/${label}`)]),
      )
      expect(SecretValues![0]).toEqual({
        ARN: expect.stringContaining(`${prefix}/a-`),
        Name: `${prefix}/a`,
        VersionId: expect.any(String),
        SecretString: contents.get(`${prefix}/a`),
        VersionStages: ['AWSCURRENT'],
        CreatedDate: expect.any(Date),
      })
      expect(Errors!.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]).sort()).toEqual([
        [`${prefix}/empty`, 'ResourceNotFoundException'],
        [`${prefix}/gone`, 'InvalidRequestException'],
        [`${prefix}/missing`, 'ResourceNotFoundException'],
      ])
    })

    check('SM-BATCH-02 filters select, page by page, without what is scheduled for deletion', async () => {
      const found: [string, string][] = []
      const request = { Filters: [{ Key: 'name' as const, Values: [prefix] }] }
      for await (const { SecretValues } of paginateBatchGetSecretValue({ client: sm, pageSize: 2 }, { ...request }))
        found.push(...SecretValues!.map(({ Name, SecretString }): [string, string] => [Name!, SecretString!]))
      expect(new Map(found)).toEqual(contents)
    })

    check('SM-BATCH-01 exactly one selector, and MaxResults only with filters', async () => {
      const Filters = [{ Key: 'name' as const, Values: [prefix] }]
      const oneOf = refusal(
        'InvalidParameterException',
        "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
      )
      await expect(sm.batchGetSecretValue({})).rejects.toMatchObject(oneOf)
      await expect(sm.batchGetSecretValue({ SecretIdList: ['a'], Filters })).rejects.toMatchObject(oneOf)
      await expect(sm.batchGetSecretValue({ SecretIdList: ['a'], MaxResults: 2 })).rejects.toMatchObject(
        refusal(
          'InvalidParameterException',
          "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
        ),
      )
    })
  })
}
