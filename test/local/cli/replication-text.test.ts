import type { ShownReplication } from '../../../local/cli/replication-answers.ts'
import { isAllWell, networkText, preflightText, statusText } from '../../../local/cli/replication-text.ts'

const AT = '2026-03-01T10:20:30.456Z'
const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf'

const alone: ShownReplication = {
  secret: ARN,
  name: 'db',
  region: 'us-east-1',
  now: AT,
  role: 'standalone',
  replicas: [],
  leaving: [],
  others: [],
}
const inSync = { region: 'eu-west-1', status: 'InSync', requestedAt: AT, failures: 0 } as const

const linesOf = (shown: ShownReplication): readonly string[] => statusText(shown, 'db').split('\n')

it('a secret by itself is well', () => {
  expect(linesOf(alone)).toEqual([`db  ${ARN}`, '  us-east-1 is by itself: it has no replicas', ''])
  expect(isAllWell(alone)).toBe(true)
})

it('a primary has a table of its replicas, and under each what is wrong with it', () => {
  const shown: ShownReplication = {
    ...alone,
    role: 'primary',
    replicas: [
      { ...inSync, message: 'Replication succeeded', kmsKeyId: 'alias/payments' },
      { ...inSync, region: 'ap-south-1', status: 'InProgress' },
      {
        ...inSync,
        region: 'sa-east-1',
        status: 'Failed',
        message: 'The name is taken.',
        failures: 3,
        retryAt: '2026-03-01T10:35:30Z',
      },
    ],
    leaving: ['us-west-2'],
  }
  expect(linesOf(shown)).toEqual([
    `db  ${ARN}`,
    '  us-east-1 is the primary, with 3 replicas',
    '',
    'REGION      STATUS      KEY                REQUESTED',
    'eu-west-1   InSync      alias/payments     2026-03-01 10:20:30 UTC',
    "ap-south-1  InProgress  the service's own  2026-03-01 10:20:30 UTC",
    "sa-east-1   Failed      the service's own  2026-03-01 10:20:30 UTC",
    '  The name is taken.',
    '  failed 3 times in a row; tried again at 2026-03-01 10:35:30 UTC',
    '',
    'Removed, and not confirmed yet: us-west-2',
    '',
  ])
})

it('a replica says whose it is, and what keeps it', () => {
  const shown: ShownReplication = {
    ...alone,
    role: 'replica',
    primaryRegion: 'eu-west-1',
    told: { region: 'eu-west-1', status: 'Failed', message: 'The primary secret is gone.', retryAt: AT },
    others: [{ region: 'eu-west-1', role: 'primary', changedAt: AT }],
  }
  expect(linesOf(shown)).toEqual([
    `db  ${ARN}`,
    '  us-east-1 is a replica of the secret in eu-west-1',
    '  it has told eu-west-1: Failed',
    '    The primary secret is gone.',
    '    tried again at 2026-03-01 10:20:30 UTC',
    '',
    'As it has been heard of here:',
    '  eu-west-1 is a primary, changed at 2026-03-01 10:20:30 UTC',
    '',
  ])
})

it('secrets that went apart are told how to become one again', () => {
  const shown: ShownReplication = {
    ...alone,
    promoted: { from: 'eu-west-1', at: AT },
    isRekeyed: false,
    others: [{ region: 'eu-west-1', role: 'standalone', changedAt: AT, diverged: { here: true, there: true } }],
  }
  expect(linesOf(shown).slice(2)).toEqual([
    '  apart from eu-west-1 since 2026-03-01 10:20:30 UTC',
    '  it is still under a key that belongs to the former primary',
    '',
    'As it has been heard of here:',
    '  eu-west-1 is by itself, changed at 2026-03-01 10:20:30 UTC; both have changed since they went apart',
    '',
    'To make us-east-1 the primary and eu-west-1 its replica:',
    '  coffer replication reprimary db --to us-east-1 --winner <region>',
    'or the other way round: --to eu-west-1',
    '',
  ])
})

it.each([
  [{ here: true, there: false }, 'this one has changed since they went apart'],
  [{ here: false, there: true }, 'it has changed since they went apart, and this one has not'],
  [{ here: false, there: false }, 'neither has changed since they went apart'],
])('who has changed is told: %j, and no winner is asked for', (diverged, text) => {
  const others = [{ region: 'eu-west-1', role: 'standalone', changedAt: AT, diverged } as const]
  const said = statusText({ ...alone, others }, 'db')
  expect(said).toContain(`; ${text}\n`)
  expect(said).not.toContain('--winner')
})

it('one that is handed over says so, and needs no advice', () => {
  const others = [
    { region: 'eu-west-1', role: 'standalone', changedAt: AT, diverged: { here: true, there: true } } as const,
  ]
  const lines = linesOf({ ...alone, handingOverTo: 'eu-west-1', others })
  expect(lines).toContain('  it is handed over to eu-west-1, and takes no writes until that is done')
  expect(lines.join('\n')).not.toContain('coffer replication reprimary')
})

it.each<[string, Partial<ShownReplication>, boolean]>([
  ['replicas in sync', { role: 'primary', replicas: [inSync] }, true],
  ['a replica that is not', { role: 'primary', replicas: [inSync, { ...inSync, status: 'InProgress' }] }, false],
  ['a removal on its way', { leaving: ['eu-west-1'] }, false],
  ['a hand-over on its way', { handingOverTo: 'eu-west-1' }, false],
  ['a replica of its own in sync', { role: 'replica', told: { region: 'r', status: 'InSync' } }, true],
  ['a replica of its own that failed', { role: 'replica', told: { region: 'r', status: 'Failed' } }, false],
  ['what it told as a replica once', { told: { region: 'r', status: 'Detached' } }, true],
  [
    'two that went apart',
    { others: [{ region: 'r', role: 'standalone', changedAt: AT, diverged: { here: false, there: false } }] },
    false,
  ],
])('%s: well or not', (_, part, isWell) => {
  expect(isAllWell({ ...alone, ...part })).toBe(isWell)
})

it('a preflight lists its checks', () => {
  const checks = [
    { check: 'region', isFine: true, message: 'Coffer is in eu-west-1.' },
    { check: 'key', isFine: false, message: 'The key is disabled.' },
  ]
  expect(preflightText({ secret: 'db', region: 'eu-west-1', isFine: false, checks })).toBe(
    'A replica in eu-west-1 would not work.\n  ok      region  Coffer is in eu-west-1.\n  failed  key     The key is disabled.\nWhether there is such a secret, and who may replicate it, is for its primary Region to say.\n',
  )
  expect(preflightText({ secret: 'db', region: 'eu-west-1', isFine: true, checks: [] })).toBe(
    'A replica in eu-west-1 will work, as far as can be told.\nWhether there is such a secret, and who may replicate it, is for its primary Region to say.\n',
  )
})

it('the network is three lines, and one for each Region that something is on its way to', () => {
  expect(networkText({ lagSeconds: 0, cut: [], pending: {} })).toBe(
    'Lag       none\nCut off   none\nOn their way: nothing\n',
  )
  expect(networkText({ lagSeconds: 1.5, cut: ['a', 'b'], pending: { a: 3, b: 0 } })).toBe(
    'Lag       1.5 s\nCut off   a, b\nOn their way\n  3 to a\n',
  )
})

it('nothing that a secret is called moves the cursor of a terminal', () => {
  expect(statusText({ ...alone, name: 'a\u001b[2Jb' }, 'db')).toContain('a?[2Jb')
})
