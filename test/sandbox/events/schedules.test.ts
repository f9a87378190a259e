import { readSchedule, Schedules, type Rule } from '../../../sandbox/events/schedules.ts'
import { Ledger } from '../../../sandbox/iam/ledger.ts'
import { serviceAccessIn } from '../../../sandbox/iam/service-access.ts'
import { entropy } from '../../support/keyring-fixture.ts'
import { hostFixture } from '../support/fixture-functions.ts'

const MINUTE = 60_000
const DAY = 86_400_000

describe('schedules', () => {
  it.each([
    ['rate(10 minutes)', 0, 10 * MINUTE],
    ['rate(1 day)', 5, DAY + 5],
    ['cron(17 3 * * ? *)', 0, (3 * 60 + 17) * MINUTE],
    ['cron(17 3 * * ? *)', (3 * 60 + 17) * MINUTE, DAY + (3 * 60 + 17) * MINUTE],
  ])('%s after %d is %d', (expression, after, expected) => {
    expect(readSchedule(expression, 'rule')(after)).toBe(expected)
  })

  it.each(['rate(0 minutes)', 'rate(5 weeks)', 'cron(0 3 1 * ? *)', 'at(2026-01-01T00:00:00)'])(
    '%s is refused',
    (expression) => {
      expect(() => readSchedule(expression, 'rule')).toThrow(expression)
    },
  )
})

describe('rules', () => {
  const { host, clock, define } = hostFixture()
  const target = define(
    'target',
    'const seen = []; exports.handler = async (event) => { seen.push(event); return seen }',
  )
  const rule = (arn: string, expression: string, input?: string): Rule => ({
    arn,
    region: 'eu-central-1',
    account: '111122223333',
    next: readSchedule(expression, arn),
    targets: [{ functionArn: target.arn, input }],
  })
  const permission = serviceAccessIn(
    {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:eu-central-1:111122223333:rule/*' } },
      },
    },
    'permission',
  )
  const seen = async (): Promise<unknown[]> => {
    const outcome = await host.invoke(target, '"look"')
    const events = JSON.parse(outcome.kind === 'answered' ? outcome.payload : '[]') as unknown[]
    return events.filter((event) => event !== 'look')
  }

  it('fire when the clock has passed them, once however often they fell due, the earliest first; only where they may', async () => {
    const ledger = new Ledger()
    const arn = (name: string): string => `arn:aws:events:eu-central-1:111122223333:rule/${name}`
    const rules = [
      rule(arn('slow'), 'rate(1 hour)'),
      rule(arn('fast'), 'rate(10 minutes)', '{"task":"fast"}'),
      rule('arn:other', 'rate(10 minutes)'),
    ]
    const schedules = new Schedules({
      rules,
      host,
      ledger,
      permissions: new Map([[target.arn, permission]]),
      clock,
      entropy,
    })
    await schedules.runDue()
    expect(await seen()).toEqual([])
    clock.advance(2 * 60 * MINUTE)
    await schedules.runDue()
    await schedules.runDue()
    expect(await seen()).toEqual([
      { task: 'fast' },
      expect.objectContaining({ source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [arn('slow')] }),
    ])
    expect(ledger.violations).toMatchObject([{ function: 'arn:other', action: 'lambda:InvokeFunction' }])
  })

  it('what falls due within a time can be run before it, and is then due anew', async () => {
    const arn = 'arn:aws:events:eu-central-1:111122223333:rule/'
    const rules = [rule(`${arn}m`, 'rate(1 minute)', '"minute"'), rule(`${arn}h`, 'rate(1 hour)', '"hour"')]
    const permissions = new Map([[target.arn, permission]])
    const schedules = new Schedules({ rules, host, ledger: new Ledger(), permissions, clock, entropy })
    const before = (await seen()).length
    await schedules.runDue(MINUTE)
    await schedules.runDue()
    expect((await seen()).slice(before)).toEqual(['minute'])
    clock.advance(MINUTE)
    await schedules.runDue()
    expect((await seen()).slice(before)).toEqual(['minute', 'minute'])
  })
})
