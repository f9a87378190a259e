import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { sweepPurges, sweepValues } from '../../../../lambda/core/sweeper.ts'
import { ACCOUNT, makeCoffer, REGION, token, type Coffer } from '../../../support/coffer.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { losingTheAnswer } from './disturbed-client.ts'
import { dynaliteSuite, type StoreOnTable } from './dynamo-fixture.ts'

const DAY = 86_400_000
const LARGE = 'v'.repeat(9_000)
const suite = dynaliteSuite()

const cofferOn = ({ store }: StoreOnTable, purgesLater = true): Coffer =>
  makeCoffer({ wrapStore: () => store, purgesLater })

describe('the service over DynamoDB', () => {
  it('creates, reads, changes, lists, deletes, restores and purges', async () => {
    const on = suite.open()
    const coffer = cofferOn(on)
    const { ARN } = await coffer.call('CreateSecret', {
      Name: 'a',
      SecretString: 'one',
      ClientRequestToken: token('v1'),
    })
    await coffer.call('CreateSecret', { Name: 'big', SecretString: LARGE, Tags: [{ Key: 'k', Value: 'v' }] })
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'two', ClientRequestToken: token('v2') })
    expect(await coffer.call('GetSecretValue', { SecretId: 'a' })).toMatchObject({ ARN, SecretString: 'two' })
    expect(await coffer.call('GetSecretValue', { SecretId: ARN, VersionStage: 'AWSPREVIOUS' })).toMatchObject({
      SecretString: 'one',
    })
    expect(await coffer.call('GetSecretValue', { SecretId: 'big' })).toMatchObject({ SecretString: LARGE })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token('v1'),
      RemoveFromVersionId: token('v2'),
    })
    expect(await coffer.call('GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'one' })
    for (const SortBy of ['created-date', 'last-accessed-date', 'last-changed-date', 'name']) {
      const { SecretList } = await coffer.call('ListSecrets', { SortBy })
      expect(SecretList).toHaveLength(2)
      expect(SecretList).toContainEqual(expect.objectContaining({ Name: 'a', LastAccessedDate: expect.any(Number) }))
    }
    expect(await coffer.call('BatchGetSecretValue', { SecretIdList: ['a', 'big'] })).toMatchObject({ Errors: [] })
    await coffer.call('DeleteSecret', { SecretId: 'a' })
    await coffer.call('RestoreSecret', { SecretId: 'a' })
    await coffer.call('DeleteSecret', { SecretId: 'a', RecoveryWindowInDays: 7 })
    await coffer.call('DeleteSecret', { SecretId: 'big', ForceDeleteWithoutRecovery: true })
    expect(await sweepPurges(coffer.services)).toEqual({ done: 1, faults: [] })
    coffer.clock.advance(8 * DAY)
    expect(await sweepPurges(coffer.services)).toEqual({ done: 1, faults: [] })
    expect((await on.client.send(new ScanCommand({ TableName: on.table }))).Count).toBe(0)
    coffer.close()
  })

  it('asks DynamoDB no more than it has to', async () => {
    const on = suite.open()
    const coffer = cofferOn(on)
    const cost = async (operation: string, input: Record<string, unknown>) => {
      on.requests.take()
      await coffer.call(operation, input)
      return on.requests.take()
    }
    expect(await cost('CreateSecret', { Name: 'a', SecretString: 'one' })).toEqual({ Query: 1, PutItem: 2 })
    expect(await cost('GetSecretValue', { SecretId: 'a' })).toEqual({ Query: 1, UpdateItem: 1 })
    expect(await cost('GetSecretValue', { SecretId: 'a' })).toEqual({ Query: 1 })
    expect(await cost('DescribeSecret', { SecretId: 'a' })).toEqual({ Query: 1 })
    expect(await cost('PutSecretValue', { SecretId: 'a', SecretString: 'two' })).toEqual({ Query: 1, PutItem: 2 })
    expect(await cost('PutSecretValue', { SecretId: 'a', SecretString: 'three' })).toEqual({ Query: 1, PutItem: 2 })
    expect(await cost('GetSecretValue', { SecretId: 'a', VersionStage: 'AWSPREVIOUS' })).toEqual({
      Query: 1,
      GetItem: 1,
      UpdateItem: 1,
    })
    expect(await cost('ListSecrets', {})).toEqual({ Query: 1, BatchGetItem: 1 })
    expect(await cost('ListSecrets', { SortBy: 'last-accessed-date' })).toEqual({ Query: 8, BatchGetItem: 1 })
    expect(await cost('TagResource', { SecretId: 'a', Tags: [{ Key: 'k', Value: 'v' }] })).toEqual({
      Query: 1,
      PutItem: 1,
    })
    expect(await cost('DeleteSecret', { SecretId: 'a' })).toEqual({ Query: 1, PutItem: 1 })
    coffer.close()
  })

  it('acknowledges a commit whose answer was lost, once', async () => {
    const on = suite.open()
    const coffer = cofferOn(on)
    losingTheAnswer(on.client, 'PutItem', 'head#us-east-1')
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'one', Tags: [{ Key: 'k', Value: 'v' }] })
    losingTheAnswer(on.client, 'PutItem', 'head#us-east-1')
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: LARGE, ClientRequestToken: token('v2') })
    losingTheAnswer(on.client, 'PutItem', 'head#us-east-1')
    await coffer.call('UpdateSecret', { SecretId: 'a', Description: 'd', SecretString: 'three' })
    expect(await coffer.call('GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'three' })
    expect(await coffer.call('GetSecretValue', { SecretId: 'a', VersionStage: 'AWSPREVIOUS' })).toMatchObject({
      SecretString: LARGE,
    })
    expect((await on.store.load({ account: ACCOUNT, region: REGION, name: 'a' }))?.head.revision).toBe(3)
    expect(coffer.keys.retired).toEqual([])
    coffer.clock.advance(2 * DAY)
    await sweepValues(coffer.services)
    expect(await coffer.call('GetSecretValue', { SecretId: 'a', VersionStage: 'AWSPREVIOUS' })).toMatchObject({
      SecretString: LARGE,
    })
    coffer.close()
  })
})

async function functionsOn(table: string, count: number): Promise<Coffer[]> {
  const functions: Coffer[] = []
  while (functions.length < count) functions.push(await functionOn(table))
  return functions
}

/** Functions share nothing: each of these has modules of its own, so writers of one do not wait for those of another. */
async function functionOn(table: string): Promise<Coffer> {
  let made: Coffer | undefined
  await jest.isolateModulesAsync(async () => {
    const { DynamoDbSecretStore } = await import('../../../../lambda/adapters/aws/dynamo/dynamodb-secret-store.ts')
    const support = await import('../../../support/coffer.ts')
    const store = new DynamoDbSecretStore({ client: suite.connect(), table, clock: new ManualClock(), region: REGION })
    made = support.makeCoffer({ wrapStore: () => store })
  })
  return made!
}

describe('many functions on one secret', () => {
  it('one wins each revision, and nothing that was acknowledged is lost', async () => {
    const functions = await functionsOn(suite.table(), 5)
    const on = suite.open()
    await functions[0]!.call('CreateSecret', { Name: 'a' })
    const writes = functions.flatMap((coffer, writer) =>
      Array.from({ length: 4 }, async (_, turn) => {
        const tag = `${writer}.${turn}`
        await coffer.call('TagResource', { SecretId: 'a', Tags: [{ Key: tag, Value: 'v' }] })
        return tag
      }),
    )
    const results = await Promise.allSettled(writes)
    const acknowledged = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const refused = results.flatMap((result): { code: string }[] =>
      result.status === 'rejected' ? [result.reason] : [],
    )
    expect(refused.every(({ code }) => code === 'ThrottlingException')).toBe(true)
    expect(acknowledged.length).toBeGreaterThan(10)
    const { head } = (await on.store.load({ account: ACCOUNT, region: REGION, name: 'a' }))!
    expect(head.tags?.map(({ key }) => key).sort()).toEqual(acknowledged.sort())
    expect(head.revision).toBe(1 + acknowledged.length)
    for (const coffer of functions) coffer.close()
  })

  it('one of two creators wins, and the other leaves nothing that anybody sees', async () => {
    const functions = await functionsOn(suite.table(), 2)
    const on = suite.open()
    for (let round = 0; round < 5; round++) {
      const Name = `s${round}`
      const results = await Promise.allSettled(
        functions.map((coffer) => coffer.call('CreateSecret', { Name, SecretString: LARGE })),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const lost = results.find((result) => result.status === 'rejected')
      expect(lost?.reason).toMatchObject({ code: 'ResourceExistsException' })
    }
    for (const order of ['accessed', 'name'] as const) {
      const listed = await on.store.list({ account: ACCOUNT, region: REGION, order, descending: false, limit: 100 })
      expect(listed.secrets.map(({ head }) => head.key.name)).toEqual(['s0', 's1', 's2', 's3', 's4'])
    }
    // Only value items that no head names, for the sweep.
    const heads = await on.store.loadHeads(
      ['s0', 's1', 's2', 's3', 's4'].map((name) => ({ account: ACCOUNT, region: REGION, name })),
    )
    const named = new Set(
      heads.flatMap((head) => head!.versions.map(({ value }) => (value.kind === 'item' ? value.id : ''))),
    )
    const coffer = cofferOn(on)
    coffer.clock.advance(2 * DAY)
    await sweepValues(coffer.services)
    const left = await on.store.scanValues(undefined, 100)
    expect(left.map(({ ref }) => ref.id).sort()).toEqual([...named].sort())
    for (const each of [...functions, coffer]) each.close()
  })
})
