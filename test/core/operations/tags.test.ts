import { makeCoffer, type Coffer } from '../../support/coffer.ts'

describe('TagResource and UntagResource', () => {
  let coffer: Coffer
  const tag = (...pairs: [string, string][]) =>
    coffer.call('TagResource', { SecretId: 'a', Tags: pairs.map(([Key, Value]) => ({ Key, Value })) })
  const untag = (...TagKeys: string[]) => coffer.call('UntagResource', { SecretId: 'a', TagKeys })
  const tags = async () => (await coffer.call('DescribeSecret', { SecretId: 'a' })).Tags
  beforeEach(async () => {
    coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'a' })
  })
  afterEach(() => coffer.close())

  it('SM-ABSENT-01 tags are absent until the first, and an empty list after the last is gone', async () => {
    expect(await tags()).toBeUndefined()
    await tag(['k', 'v'])
    await untag('k')
    expect(await tags()).toEqual([])
  })

  it('SM-ABSENT-01 tags stay absent when none was given', async () => {
    await tag()
    expect(await tags()).toBeUndefined()
  })

  it('SM-TAG-02 adds, and overwrites by key in its case', async () => {
    await tag(['k', '1'], ['K', '2'])
    await tag(['k', '3'], ['other', ''])
    expect(await tags()).toEqual([
      { Key: 'k', Value: '3' },
      { Key: 'K', Value: '2' },
      { Key: 'other', Value: '' },
    ])
  })

  it('SM-TAG-03 ignores keys that are not there', async () => {
    await tag(['k', '1'])
    await untag('nothing', 'k')
    expect(await tags()).toEqual([])
  })

  it('SM-WIRE-05 both answer with nothing', async () => {
    expect(await tag(['k', '1'])).toEqual({})
    expect(await untag('k')).toEqual({})
  })

  it.each<[string, Record<string, unknown>[]]>([
    ['a reserved key', [{ Key: 'aws:x', Value: '' }]],
    ['a reserved key in other case', [{ Key: 'AwS:x', Value: '' }]],
    [
      'a key twice',
      [
        { Key: 'k', Value: '1' },
        { Key: 'k', Value: '2' },
      ],
    ],
    ['no key', [{ Value: '1' }]],
    ['other characters in the key', [{ Key: 'k*', Value: '1' }]],
    ['other characters in the value', [{ Key: 'k', Value: 'a;b' }]],
    ['51 tags', Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }))],
  ])('SM-TAG-01 refuses %s, at creation too', async (_, Tags) => {
    await expect(coffer.call('TagResource', { SecretId: 'a', Tags })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
    await expect(coffer.call('CreateSecret', { Name: 'b', Tags })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
    expect(await tags()).toBeUndefined()
  })

  it('SM-TAG-01 counts the tags that are there already', async () => {
    await tag(...Array.from({ length: 50 }, (_, index): [string, string] => [`k${index}`, '']))
    await expect(tag(['one-more', ''])).rejects.toMatchObject({ code: 'InvalidParameterException' })
    await expect(tag(['k0', 'changed'])).resolves.toBeDefined()
  })

  it('SM-TAG-04 refuses a secret that is scheduled for deletion', async () => {
    await coffer.call('DeleteSecret', { SecretId: 'a' })
    await expect(tag(['k', 'v'])).rejects.toMatchObject({ code: 'InvalidRequestException' })
    await expect(untag('k')).rejects.toMatchObject({ code: 'InvalidRequestException' })
  })

  it('takes letters of any script, and a key such as __proto__', async () => {
    await tag(['Ключ', 'значение'], ['__proto__', 'x'])
    expect(await tags()).toContainEqual({ Key: '__proto__', Value: 'x' })
  })
})
