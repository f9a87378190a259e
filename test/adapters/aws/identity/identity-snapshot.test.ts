import { hash } from 'node:crypto'
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { identityKey } from '../../../../lambda/adapters/aws/dynamo/item-keys.ts'
import { onTheWire, socketDied } from '../dynamo/disturbed-client.ts'
import { ALICE, APP, allow, inline, role, roleArn, throttling, user, type FakeIam } from './fake-iam.ts'
import { asSession, asUser, identitySuite, LONGEST_MS, PLACE } from './identity-fixture.ts'

const suite = identitySuite()

describe('the snapshot of identities', () => {
  it('is made of everything on every page', async () => {
    const { iam, pass, directory } = suite.start()
    iam.pageSize = 3
    iam.users = Array.from({ length: 10 }, (_, index) => user(`u${index}`, `AIDA${'U'.repeat(15)}${index}`))
    expect(await pass()).toEqual({ kind: 'done', identities: 11, written: 11, removed: 0, unusable: 0 })
    expect(iam.calls).toBe(4)
    for (const { UserName = '', UserId = '' } of iam.users)
      expect(await directory().find(asUser(UserName, UserId))).toMatchObject({ kind: 'identity' })
  })

  it('writes only what has changed', async () => {
    const started = suite.start()
    const { iam, pass } = started
    iam.users[0] = user('alice', ALICE, { UserPolicyList: [inline('a', allow('s3:*')), inline('b', allow('sqs:*'))] })
    await pass()
    expect(await pass()).toMatchObject({ written: 0, removed: 0 })
    // Told in another order it is the same.
    iam.users[0] = user('alice', ALICE, { UserPolicyList: iam.users[0].UserPolicyList!.toReversed() })
    expect(await pass()).toMatchObject({ written: 0 })
    iam.users[0] = user('alice', ALICE, { Tags: [{ Key: 'team', Value: 'a' }] })
    expect(await pass()).toMatchObject({ written: 1 })
    expect(await started.directory().find(asUser('alice', ALICE))).toMatchObject({
      identity: { tags: [{ key: 'team', value: 'a' }], policies: [] },
    })
  })

  it('forgets who is gone', async () => {
    const { iam, pass, directory } = suite.start()
    await pass()
    iam.users = []
    expect(await pass()).toMatchObject({ identities: 1, removed: 1 })
    expect(await directory().find(asUser('alice', ALICE))).toMatchObject({ kind: 'unknown' })
    expect(await directory().resolve('arn:aws:iam::123456789012:user/alice')).toEqual({ kind: 'missing' })
  })

  it('knows a role that was made anew under the same name as another one', async () => {
    const { iam, pass, directory } = suite.start()
    await pass()
    const anew = 'AROAANEWANEWANEWANE00'
    iam.roles = [role('app', anew, { Arn: roleArn('app', '/new/') })]
    expect(await pass()).toMatchObject({ identities: 2, written: 1, removed: 0 })
    expect(await directory().find(asSession('app', APP))).toMatchObject({ kind: 'unknown' })
    expect(await directory().find(asSession('app', anew))).toMatchObject({
      kind: 'identity',
      identity: { arn: roleArn('app', '/new/') },
    })
  })

  it('is as old as before when IAM fails, at whatever page', async () => {
    const { iam, pass, snapshot, clock } = suite.start()
    await pass()
    clock.advance(60_000)
    iam.pageSize = 1
    iam.before = () => (iam.calls === 3 ? iam.failures.push(throttling()) : 0)
    iam.users[0] = user('alice', ALICE, { UserPolicyList: [inline('a', allow('*'))] })
    await expect(pass()).rejects.toThrow('Rate exceeded')
    expect(await snapshot.age()).toBe(60_000)
    iam.before = () => undefined
    expect(await pass()).toMatchObject({ kind: 'done', written: 1 })
    expect(await snapshot.age()).toBe(0)
  })

  it('is as of the moment when the reading began, not of its end', async () => {
    const { iam, pass, snapshot, clock } = suite.start()
    iam.before = () => clock.advance(20_000)
    await pass()
    expect(await snapshot.age()).toBe(20_000)
  })

  it.each<[string, (iam: FakeIam) => void]>([
    ['tells of no role', (iam) => (iam.roles = [])],
    [
      'lost the mark of the next page',
      (iam) => (iam.send = async () => ({ RoleDetailList: iam.roles, IsTruncated: true })),
    ],
    [
      'goes round in circles',
      (iam) => (iam.send = async () => ({ RoleDetailList: iam.roles, IsTruncated: true, Marker: 'again' })),
    ],
  ])('stays as it is when IAM %s', async (_, disturb) => {
    const { iam, pass, directory, snapshot, clock } = suite.start()
    await pass()
    clock.advance(1_000)
    disturb(iam)
    await expect(pass()).rejects.toThrow(/^IAM (told of no role at all|lost the place in its pages)$/)
    expect(await snapshot.age()).toBe(1_000)
    expect(await directory().find(asUser('alice', ALICE))).toMatchObject({ kind: 'identity' })
  })

  it.each(['identity#us-east-1#', 'identity-name#us-east-1#', 'identity-snapshot#us-east-1'])(
    'says of which moment it is only when all is written: cut off at %s, the earlier moment stays, and the next pass makes it whole',
    async (cutOff) => {
      const { iam, pass, makeSnapshot, snapshot, clock, directory } = suite.start()
      await pass()
      clock.advance(60_000)
      iam.users[0] = user('alice', ALICE, { UserPolicyList: [inline('a', allow('s3:*'))] })
      iam.roles = [role('app', 'AROAANEWANEWANEWANE00')]
      const { client } = suite.open()
      onTheWire(client, 'PutItem', async (send, { Item }) => {
        if (Item?.sk?.S?.startsWith(cutOff) === true) throw Object.assign(socketDied(), { $retryable: undefined })
        return send()
      })
      await expect(makeSnapshot(client).pass({ longestMs: LONGEST_MS })).rejects.toMatchObject({ name: 'StoreFailure' })
      expect(await snapshot.age()).toBe(60_000)
      clock.advance(1_000)
      expect(await makeSnapshot().pass({ longestMs: LONGEST_MS })).toMatchObject({ kind: 'done' })
      expect(await snapshot.age()).toBe(0)
      expect(await directory().find(asUser('alice', ALICE))).toMatchObject({
        identity: { policies: [{ source: 'inline policy "a" of user alice' }] },
      })
      expect(await directory().find(asSession('app', APP))).toMatchObject({ kind: 'unknown' })
    },
  )

  it('loses what a pass left that was cut off: another instance looks for it at its first', async () => {
    const { client, table, pass, makeSnapshot } = suite.start()
    await pass()
    const Key = identityKey(PLACE, 'AROALEFTLEFTLEFTLEF00')
    await client.send(new PutItemCommand({ TableName: table, Item: Key }))
    expect(await makeSnapshot().pass({ longestMs: LONGEST_MS })).toMatchObject({ kind: 'done', written: 0 })
    expect((await client.send(new GetItemCommand({ TableName: table, Key }))).Item).toBeUndefined()
    const kept = await client.send(new GetItemCommand({ TableName: table, Key: identityKey(PLACE, ALICE) }))
    expect(kept.Item).toBeDefined()
  })

  it('is made by one at a time', async () => {
    const { iam, makeSnapshot, pass } = suite.start()
    const other = makeSnapshot()
    const results: unknown[] = []
    iam.before = async () => results.push(await other.pass({ longestMs: LONGEST_MS }))
    expect(await pass()).toMatchObject({ kind: 'done' })
    expect(results).toEqual([{ kind: 'skipped' }])
  })

  it('goes on when whoever was at it was stopped', async () => {
    const { iam, pass, makeSnapshot, snapshot, clock } = suite.start()
    let goOn: (() => void) | undefined
    iam.before = () => new Promise<void>((resolve) => (goOn = resolve))
    const stopped = pass()
    while (goOn === undefined) await new Promise(setImmediate)
    iam.before = () => undefined
    const other = makeSnapshot()
    expect(await other.pass({ longestMs: LONGEST_MS })).toEqual({ kind: 'skipped' })
    clock.advance(LONGEST_MS + 1)
    expect(await other.pass({ longestMs: LONGEST_MS })).toMatchObject({ kind: 'done' })
    // Whoever wakes up late makes the snapshot no older.
    goOn()
    await stopped
    expect(await snapshot.age()).toBe(0)
  })

  it('is not renewed on demand when that was begun a moment ago, even if it failed', async () => {
    const { iam, snapshot, clock } = suite.start()
    const onDemand = { longestMs: LONGEST_MS, pauseMs: 5_000 }
    iam.failures.push(throttling())
    await expect(snapshot.pass(onDemand)).rejects.toThrow()
    clock.advance(4_999)
    expect(await snapshot.pass(onDemand)).toEqual({ kind: 'skipped' })
    clock.advance(1)
    expect(await snapshot.pass(onDemand)).toMatchObject({ kind: 'done' })
    expect(iam.calls).toBe(2)
  })

  it('begins when the answer to its lease was lost', async () => {
    const { makeSnapshot } = suite.start()
    const { client } = suite.open()
    let isLost = false
    onTheWire(client, 'PutItem', async (send, { Item }) => {
      const answer = await send()
      if (isLost || Item?.sk?.S !== 'identity-lease#us-east-1') return answer
      isLost = true
      throw socketDied()
    })
    expect(await makeSnapshot(client).pass({ longestMs: LONGEST_MS })).toMatchObject({ kind: 'done' })
    expect(isLost).toBe(true)
  })

  it('counts who is unusable, and leaves out what is nobody', async () => {
    const { iam, pass, directory } = suite.start()
    iam.users = [
      user('alice', ALICE, { AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::aws:policy/Gone' }] }),
      user('bob', 'AIDABOB#BOB'),
      user('eve', 'AIDAEVEEVEEVEEVEEVE00', { Arn: roleArn('eve') }),
      user('nobody', '', {}),
    ]
    expect(await pass()).toMatchObject({ identities: 2, unusable: 4 })
    expect(await directory().find(asUser('bob', 'AIDABOB#BOB'))).toMatchObject({ kind: 'unknown' })
  })

  it('keeps somebody whose policies are too large as one who may do nothing', async () => {
    const { iam, pass, directory } = suite.start()
    const noise = Array.from({ length: 12_000 }, (_, index) => hexOf(index)).join('')
    iam.users[0] = user('alice', ALICE, {
      UserPolicyList: [inline('a', allow('*')), inline('b', allow('s3:*', noise))],
    })
    expect(await pass()).toMatchObject({ identities: 2, written: 2, unusable: 1 })
    expect(await pass()).toMatchObject({ written: 0, unusable: 1 })
    expect(await directory().find(asUser('alice', ALICE))).toEqual({
      kind: 'unknown',
      reason: 'its policies are too large to be kept',
    })
  })
})

/** Text that does not get smaller: hashes in hexadecimal, at half their length at best. */
const hexOf = (index: number): string => hash('sha512', String(index))
