import { makeCoffer, token, type Coffer, type Json } from '../../support/coffer.ts'

describe('ListSecrets', () => {
  let coffer: Coffer
  const create = async (Name: string, rest: Json = {}) => {
    await coffer.call('CreateSecret', { Name, ...rest })
    coffer.clock.advance(1_000)
  }
  const list = async (input: Json = {}): Promise<string[]> => {
    const { SecretList } = await coffer.call('ListSecrets', input)
    return (SecretList as { Name: string }[]).map(({ Name }) => Name)
  }
  const filtered = (Key: string, ...Values: string[]) => list({ Filters: [{ Key, Values }] })
  beforeEach(() => (coffer = makeCoffer()))
  afterEach(() => coffer.close())

  it('SM-LIST-01 shows the secrets of the own account and Region, with their labels', async () => {
    await create('a', { SecretString: 'v', ClientRequestToken: token('v1'), Tags: [{ Key: 'k', Value: 'v' }] })
    await coffer.call('CreateSecret', { Name: 'other-account' }, { account: '999999999999' })
    await coffer.call('CreateSecret', { Name: 'other-region' }, { region: 'eu-west-1' })
    expect((await coffer.call('ListSecrets')).SecretList).toEqual([
      {
        ARN: expect.any(String),
        Name: 'a',
        CreatedDate: 1772360430.456,
        LastChangedDate: 1772360430.456,
        SecretVersionsToStages: { [token('v1')]: ['AWSCURRENT'] },
        Tags: [{ Key: 'k', Value: 'v' }],
      },
    ])
  })

  it('SM-ABSENT-03 leaves out the versions of a secret that has none', async () => {
    await create('a')
    const [entry] = (await coffer.call('ListSecrets')).SecretList as Json[]
    expect(entry).not.toHaveProperty('SecretVersionsToStages')
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).not.toHaveProperty('VersionIdsToStages')
  })

  it('SM-ABSENT-04 shows no rotation member before rotation was configured', async () => {
    await create('a')
    const members = Object.keys(await coffer.call('DescribeSecret', { SecretId: 'a' }))
    expect(members).toEqual(['ARN', 'Name', 'LastChangedDate', 'CreatedDate'])
  })

  describe('filters', () => {
    it('SM-LIST-03 name is a case-sensitive prefix of the whole, blanks literal', async () => {
      await create('testing1/one-a')
      await create('testing1/two')
      await create('Testing1')
      expect(await filtered('name', 'testing1')).toEqual(['testing1/one-a', 'testing1/two'])
      expect(await filtered('name', 'testing1 one')).toEqual([])
      expect(await filtered('name', 'one')).toEqual([])
    })

    it('SM-LIST-03 tag-key and tag-value are case-sensitive prefixes', async () => {
      await create('a', { Tags: [{ Key: 'Team', Value: 'Blue Whale' }] })
      await create('b', { Tags: [{ Key: 'team', Value: 'blue' }] })
      expect(await filtered('tag-key', 'Te')).toEqual(['a'])
      expect(await filtered('tag-value', 'Blue W')).toEqual(['a'])
      expect(await filtered('tag-value', 'Whale')).toEqual([])
    })

    it('SM-LIST-04 description matches the beginnings of words, in any order and case', async () => {
      await create('a', { Description: 'Master password of the Ledger' })
      await create('b', { Description: 'password' })
      expect(await filtered('description', 'ledger MAST')).toEqual(['a'])
      expect(await filtered('description', 'pass')).toEqual(['a', 'b'])
      expect(await filtered('description', 'word')).toEqual([])
    })

    it('SM-LIST-04 all looks at name, description, tag keys and tag values', async () => {
      await create('foo')
      await create('b', { Description: 'a Foo' })
      await create('c', { Tags: [{ Key: 'fooKey', Value: '' }] })
      await create('d', { Tags: [{ Key: 'k', Value: 'some foo' }] })
      await create('e', { Description: 'bar' })
      expect(await filtered('all', 'foo')).toEqual(['foo', 'b', 'c', 'd'])
    })

    it('SM-LIST-06 a leading ! selects the complement', async () => {
      await create('/x')
      await create('y', { Description: 'alpha beta' })
      await create('z', { Description: 'gamma' })
      expect(await filtered('name', '!/')).toEqual(['y', 'z'])
      expect(await filtered('description', '!a')).toEqual(['/x', 'z'])
      expect(await filtered('description', '!q')).toEqual(['/x', 'y', 'z'])
      expect(await filtered('name', '!/', '/x')).toEqual(['/x', 'y', 'z'])
    })

    it('SM-LIST-02 all filters must match, a repeated key too, and any value inside one', async () => {
      await create('ab', { Description: 'one two' })
      await create('ac', { Description: 'one' })
      await create('b', { Description: 'two' })
      const both = (...values: string[]) => ({
        Filters: values.map((value) => ({ Key: 'description', Values: [value] })),
      })
      expect(await list(both('one', 'two'))).toEqual(['ab'])
      expect(await filtered('name', 'ab', 'b')).toEqual(['ab', 'b'])
      const mixed = {
        Filters: [
          { Key: 'name', Values: ['a'] },
          { Key: 'description', Values: ['two'] },
        ],
      }
      expect(await list(mixed)).toEqual(['ab'])
    })

    it('SM-LIST-11 refuses a filter without key or values', async () => {
      await expect(list({ Filters: [{ Values: ['x'] }] })).rejects.toMatchObject({
        code: 'InvalidParameterException',
        message: 'Invalid filter key',
      })
      await expect(list({ Filters: [{ Key: 'name' }] })).rejects.toMatchObject({
        message: 'Invalid filter values for key: name',
      })
    })

    it('SM-LIST-12 refuses an unknown key with the enumeration', async () => {
      await expect(filtered('colour', 'red')).rejects.toMatchObject({
        code: 'ValidationException',
        message:
          "1 validation error detected: Value 'colour' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: [description, name, tag-key, tag-value, primary-region, owning-service, all]",
      })
    })
  })

  describe('order and pages', () => {
    beforeEach(async () => {
      for (const name of ['c', 'a', 'b']) await create(name, { SecretString: 'v' })
      coffer.clock.advance(86_400_000)
      await coffer.call('GetSecretValue', { SecretId: 'a' })
      await coffer.call('UpdateSecret', { SecretId: 'c', Description: 'later' })
    })

    it.each([
      [{}, ['c', 'a', 'b']],
      [{ SortOrder: 'desc' }, ['b', 'a', 'c']],
      [{ SortBy: 'name' }, ['a', 'b', 'c']],
      [{ SortBy: 'name', SortOrder: 'desc' }, ['c', 'b', 'a']],
      [{ SortBy: 'last-changed-date' }, ['a', 'b', 'c']],
      [{ SortBy: 'last-changed-date', SortOrder: 'desc' }, ['c', 'b', 'a']],
      [{ SortBy: 'last-accessed-date' }, ['b', 'c', 'a']],
      [{ SortBy: 'last-accessed-date', SortOrder: 'desc' }, ['a', 'c', 'b']],
    ])('SM-LIST-08 %j, also page by page', async (order, expected) => {
      expect(await list(order)).toEqual(expected)
      const paged: string[] = []
      let NextToken: unknown
      do {
        const page = await coffer.call('ListSecrets', { ...order, MaxResults: 1, ...(NextToken ? { NextToken } : {}) })
        paged.push(...(page.SecretList as { Name: string }[]).map(({ Name }) => Name))
        NextToken = page.NextToken
      } while (NextToken)
      expect(paged).toEqual(expected)
    })

    it('SM-ABSENT-07 the last page has no NextToken, also when it is full', async () => {
      expect(await coffer.call('ListSecrets', { MaxResults: 2 })).toHaveProperty('NextToken')
      expect(await coffer.call('ListSecrets', { MaxResults: 3 })).not.toHaveProperty('NextToken')
    })

    it('SM-LIST-09 sees what stays exactly once while others are created and deleted between pages', async () => {
      for (let index = 0; index < 30; index++) await create(`s${index}`)
      const seen: string[] = []
      let NextToken: unknown
      for (let page = 0; ; page++) {
        const answer = await coffer.call('ListSecrets', {
          MaxResults: 4,
          SortBy: 'name',
          ...(NextToken ? { NextToken } : {}),
        })
        seen.push(...(answer.SecretList as { Name: string }[]).map(({ Name }) => Name))
        NextToken = answer.NextToken
        if (!NextToken) break
        await create(`a-new${page}`)
        await create(`z-new${page}`)
        await coffer.call('DeleteSecret', { SecretId: seen.at(-1), ForceDeleteWithoutRecovery: true })
      }
      const stayed = Array.from({ length: 30 }, (_, index) => `s${index}`)
      expect(seen.filter((name) => stayed.includes(name)).sort()).toEqual(stayed.sort())
      expect(new Set(seen).size).toBe(seen.length)
    })

    it('goes on after a page that was cut short by its work, even when it was empty', async () => {
      const many = makeCoffer()
      for (let index = 0; index < 2_300; index++) await many.call('CreateSecret', { Name: `s${index}` })
      const Filters = [{ Key: 'name', Values: ['s999'] }]
      const first = await many.call('ListSecrets', { Filters })
      expect(first.SecretList).toEqual([])
      const second = await many.call('ListSecrets', { Filters, NextToken: first.NextToken })
      expect(second.SecretList).toMatchObject([{ Name: 's999' }])
      expect(second).not.toHaveProperty('NextToken')
      many.close()
    })

    it.each([
      ['that is no token', 'x'],
      ['that is JSON of another form', Buffer.from('{}').toString('base64url')],
      ['with a wild place', Buffer.from('[1,"AAAA",1e999,"a"]').toString('base64url')],
    ])('SM-LIST-10 refuses a NextToken %s', async (_, NextToken) => {
      await expect(list({ NextToken })).rejects.toMatchObject({ code: 'InvalidNextTokenException' })
    })

    it('SM-LIST-10 refuses the NextToken of another query', async () => {
      const { NextToken } = await coffer.call('ListSecrets', { MaxResults: 1 })
      await expect(list({ NextToken, SortBy: 'name' })).rejects.toMatchObject({ code: 'InvalidNextTokenException' })
    })
  })
})
