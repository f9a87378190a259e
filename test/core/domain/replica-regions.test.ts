import { parseReplicaRegions, withoutReplicas, withReplicas } from '../../../lambda/core/domain/replica-regions.ts'
import {
  compareStamps,
  nextRequest,
  primaryRegionOf,
  regionsConcernedBy,
  regionsConcernedByLink,
  stampOf,
} from '../../../lambda/core/domain/replication.ts'
import { answerOf, CREATED, headIn, linkOf } from '../replication/support/heads.ts'
import { AP, EU, HOME } from '../replication/support/regions.ts'

const NOW = CREATED + 1_000
const PLACE = { account: '123456789012', region: HOME }
const parse = (...given: readonly { Region?: string; KmsKeyId?: string }[]) =>
  parseReplicaRegions(given, PLACE, [HOME, EU, AP])
const asked = (regions: readonly string[], head = headIn(HOME), { now = NOW, force = false } = {}) =>
  withReplicas(head, { wanted: regions.map((region) => ({ region })), force, now })

describe('SM-REPLICA-08 the Regions of a request', () => {
  it('are others of the deployment, with the key that is wished for there', () => {
    expect(parse({ Region: EU, KmsKeyId: 'k' }, { Region: AP })).toEqual([
      { region: EU, kmsKeyId: 'k' },
      { region: AP },
    ])
  })

  it.each<[string, string | undefined, string | RegExp]>([
    ["the primary's own", HOME, /^Invalid replica region\.$/],
    ['one that Coffer is not in', 'mars-north-1', 'Invalid replica region. Coffer is not in mars-north-1.'],
    ['none', undefined, 'Invalid replica region. Every replica needs a Region.'],
  ])('are not %s', (_, region, message) => {
    expect(() => parse({ Region: AP }, region === undefined ? {} : { Region: region })).toThrow(message)
    expect(() => parse(region === undefined ? {} : { Region: region })).toThrow(
      expect.objectContaining({ code: 'InvalidParameterException' }) as Error,
    )
  })

  it('are not one of them twice', () => {
    expect(() => parse({ Region: EU }, { Region: EU })).toThrow(
      `Invalid replica region. ${EU} is given more than once.`,
    )
  })

  it.each(['', 'alias/aws/secretsmanager', `arn:aws:kms:${EU}:123456789012:alias/aws/secretsmanager`])(
    "SM-KMS-08 take %p for the service's own key of that Region",
    (KmsKeyId) => {
      expect(parse({ Region: EU, KmsKeyId })).toEqual([{ region: EU, serviceKey: true }])
    },
  )
})

describe('SM-REPLICA-01 a request', () => {
  it('has a number that grows, whatever the clock does', () => {
    const first = asked([EU, AP])
    expect(first.replication).toEqual({
      replicas: [
        { region: AP, at: NOW + 1, force: false },
        { region: EU, at: NOW, force: false },
      ],
      lastRequest: NOW + 1,
    })
    const again = asked([EU], first, { now: NOW - 50_000, force: true })
    expect(again.replication?.replicas).toContainEqual({ region: EU, at: NOW + 2, force: true })
    expect(again.replication?.replicas).toContainEqual({ region: AP, at: NOW + 1, force: false })
    expect(nextRequest(again, NOW)).toBe(NOW + 3)
    expect(nextRequest(again, NOW + 99)).toBe(NOW + 99)
  })

  it('for a Region that is leaving takes the place of the order to leave', () => {
    const left = withoutReplicas(asked([EU, AP]), [EU, AP], NOW)
    const { leaving, replicas } = asked([EU], left).replication ?? {}
    expect([leaving?.map(({ region }) => region), replicas?.map(({ region }) => region)]).toEqual([[AP], [EU]])
    expect(asked([AP], asked([EU], left)).replication).not.toHaveProperty('leaving')
  })

  it('remembers whose part was taken over, and so does its removal', () => {
    const takenOverFrom = [{ region: AP, stamp: { born: 1, revision: 2 } }]
    const absorbed = { born: 3, revision: 4 }
    const head = headIn(HOME, { replicas: [{ region: EU, at: 1, force: false, takenOverFrom, absorbed }] })
    const again = asked([EU], head)
    expect(again.replication?.replicas?.[0]).toMatchObject({ takenOverFrom, absorbed })
    const removed = withoutReplicas(again, [EU], NOW)
    expect(removed.replication?.leaving?.[0]).toMatchObject({ takenOverFrom })
    expect(asked([EU], removed).replication?.replicas?.[0]).toMatchObject({ takenOverFrom })
  })

  it('for nothing changes nothing', () => {
    const head = headIn(HOME)
    expect(asked([], head)).toBe(head)
  })
})

describe('SM-REPLICA-09 a removal', () => {
  it('is an order with the next number', () => {
    const { replication } = withoutReplicas(asked([EU, AP]), [EU], NOW)
    expect(replication).toEqual({
      replicas: [{ region: AP, at: NOW + 1, force: false }],
      leaving: [{ region: EU, at: NOW + 2 }],
      lastRequest: NOW + 2,
    })
  })

  it('passes over Regions that are no replicas', () => {
    const head = asked([EU])
    expect(withoutReplicas(head, [AP, HOME, 'mars-north-1'], NOW)).toBe(head)
    expect(withoutReplicas(head, [AP, EU], NOW).replication?.leaving).toEqual([{ region: EU, at: NOW + 1 }])
  })
})

describe('where a head stands', () => {
  it('is told by the time it came to be and the commits since', () => {
    expect(stampOf(headIn(HOME))).toEqual({ born: CREATED, revision: 1 })
    expect(stampOf(headIn(HOME, { born: 7 }, { revision: 3 }))).toEqual({ born: 7, revision: 3 })
    const stamps = [
      { born: 1, revision: 9 },
      { born: 2, revision: 1 },
      { born: 2, revision: 2 },
    ]
    for (const [a, first] of stamps.entries())
      for (const [b, second] of stamps.entries()) expect(Math.sign(compareStamps(first, second))).toBe(Math.sign(a - b))
  })
})

describe('SM-REPLICA-11 the primary Region', () => {
  it.each<[string, ReturnType<typeof headIn>, string | undefined]>([
    ['of a copy is its source', headIn(EU, { source: { region: HOME, stamp: { born: 1, revision: 1 } } }), HOME],
    ['of a primary is its own', asked([EU]), HOME],
    ['of a secret by itself is none', headIn(HOME), undefined],
    ['of a secret whose last replica was removed is none', withoutReplicas(asked([EU]), [EU], NOW), undefined],
  ])('%s', (_, head, expected) => {
    expect(primaryRegionOf(head)).toBe(expected)
  })
})

it('everybody whom a head or a link concerns hears of it', () => {
  const promotion = { from: 'b', at: 1, base: '' }
  const head = headIn(HOME, {
    replicas: [{ region: EU, at: 1, force: false }],
    leaving: [{ region: AP, at: 2 }],
    source: { region: 'a', stamp: { born: 1, revision: 1 } },
    promotion,
    yielding: { to: 'c', at: 1 },
    acted: { d: 1, [EU]: 2 },
  })
  expect([...regionsConcernedBy(head)].sort()).toEqual([AP, EU, 'a', 'b', 'c', 'd'].sort())
  expect(regionsConcernedBy(headIn(HOME))).toEqual([])
  const link = linkOf({
    answers: { [EU]: answerOf({}) },
    departed: [
      {
        suffix: 's',
        waiting: [
          { region: AP, at: 1 },
          { region: EU, at: 1 },
        ],
      },
    ],
  })
  expect([...regionsConcernedByLink(link)].sort()).toEqual([AP, EU].sort())
})
