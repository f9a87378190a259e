import {
  scanDedicatedKeys,
  type FindKeys,
  type LifeOf,
  type TaggedKey,
  type TaggedPage,
} from '../../../../lambda/adapters/aws/kms/service-key-scan.ts'

const key = (name: string, secret = name): TaggedKey => ({
  arn: `arn:aws:kms:us-east-1:111122223333:key/${name}`,
  tags: new Map([['coffer:secret-arn', `arn:aws:secretsmanager:us-east-1:111122223333:secret:${secret}-AbCdEf`]]),
})

/** Pages by token: '' is the first. */
const pages =
  (all: Readonly<Record<string, TaggedPage | 'expired'>>): FindKeys =>
  async (token) =>
    all[token ?? '']!

const alive: LifeOf = async () => 5

async function walk(findKeys: FindKeys, limit: number, lifeOf = alive): Promise<string[][]> {
  const found: string[][] = []
  let after: string | undefined
  for (;;) {
    const keys = await scanDedicatedKeys({ findKeys, lifeOf }, after, limit)
    if (keys.length === 0) return found
    found.push(keys.map(({ keyArn }) => keyArn.replace(/^.*\//, '')))
    after = keys.at(-1)!.position
  }
}

const three = pages({
  '': { keys: [key('a'), key('b'), key('c')], next: 'two' },
  two: { keys: [], next: 'three:x' },
  'three:x': { keys: [key('d')], next: undefined },
})

it('goes on past a page without keys', async () => {
  expect(await walk(three, 500)).toEqual([['a', 'b', 'c'], ['d']])
})

it('goes on past a page whose keys are all pending deletion or gone', async () => {
  const lifeOf = async (arn: string) => (/[abc]$/.test(arn) ? undefined : 5)
  expect(await walk(three, 500, lifeOf)).toEqual([['d']])
})

it('leaves none out and gives none twice, however small the steps', async () => {
  expect(await walk(three, 1)).toEqual([['a'], ['b'], ['c'], ['d']])
  expect(await walk(three, 2)).toEqual([['a', 'b'], ['c'], ['d']])
})

it('goes on from the position of any key, not only of the last', async () => {
  const [first] = await scanDedicatedKeys({ findKeys: three, lifeOf: alive }, undefined, 500)
  const rest = await scanDedicatedKeys({ findKeys: three, lifeOf: alive }, first!.position, 500)
  expect(rest.map(({ keyArn }) => keyArn.at(-1))).toEqual(['b', 'c'])
})

it('tells of the secret and the age of a key', async () => {
  const [first] = await scanDedicatedKeys({ findKeys: three, lifeOf: alive }, undefined, 1)
  expect(first).toMatchObject({
    secretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf',
    createdAt: 5,
  })
})

it('starts again when the place to go on from is too old', async () => {
  const findKeys = pages({ '': { keys: [key('a')], next: undefined }, old: 'expired' })
  const found = await scanDedicatedKeys({ findKeys, lifeOf: alive }, '0:old', 500)
  expect(found.map(({ keyArn }) => keyArn.at(-1))).toEqual(['a'])
})

it('passes over a key whose tags name no secret, without a call for it', async () => {
  const odd = { arn: 'arn:aws:kms:us-east-1:111122223333:key/odd', tags: new Map([['coffer:secret-arn', 'odd']]) }
  const described: string[] = []
  const lifeOf = async (arn: string) => {
    described.push(arn)
    return 5
  }
  expect(await walk(pages({ '': { keys: [odd, key('a')], next: undefined } }), 500, lifeOf)).toEqual([['a']])
  expect(described).toEqual([key('a').arn])
})

it('describes no more than ten keys at once', async () => {
  let [running, most] = [0, 0]
  const lifeOf = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return 5
  }
  const keys = Array.from({ length: 25 }, (_, index) => key(`k${index}`))
  const found = await scanDedicatedKeys({ findKeys: pages({ '': { keys, next: undefined } }), lifeOf }, undefined, 500)
  expect(found).toHaveLength(25)
  expect(most).toBe(10)
})
