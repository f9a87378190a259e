import { run } from '../../../local/cli/program.ts'
import { sameAccountOnly } from '../../../lambda/auth/authorizer.ts'
import type { FunctionOutcome, RotationEvent } from '../../../lambda/core/ports/functions.ts'
import { makeCoffer, type Coffer } from '../../support/coffer.ts'
import { functionArn, goodFunction } from '../../support/rotation-walk.ts'
import { serveRotations, type RotationServer } from '../support/rotation-server.ts'
import { ADMIN } from '../support/running-server.ts'

const asAdmin = { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey }
const MANAGED = functionArn('coffer-managed-rotation')

let coffer: Coffer
let server: RotationServer
let arn: string
/** What functions say instead of doing their work. */
let trouble: ((event: RotationEvent) => FunctionOutcome | undefined) | undefined
/** Actions that policies deny. */
let denied: string[]

beforeEach(async () => {
  denied = []
  coffer = makeCoffer({
    authorizer: {
      ...sameAccountOnly,
      decide: (request) =>
        denied.includes(request.action)
          ? { verdict: 'implicit-deny', layer: 'identity' }
          : sameAccountOnly.decide(request),
    },
  })
  server = await serveRotations(coffer)
  trouble = undefined
  const good = goodFunction(coffer)
  for (const name of ['coffer-managed-rotation', 'own', 'mine-managed-rotation'])
    coffer.functions.byArn.set(functionArn(name), async (event) => trouble?.(event) ?? good(event))
  arn = String((await coffer.call('CreateSecret', { Name: 'db', SecretString: '{"password":"old"}' })).ARN)
})
afterEach(async () => {
  await server.close()
  coffer.close()
})

async function cli(...args: string[]) {
  let [out, err] = ['', '']
  const print = (text: string): void => void (out += text)
  const complain = (text: string): void => void (err += text)
  const code = await run([...args, '--url', server.url], { environment: asAdmin, print, complain })
  return { code, out, err }
}

const failing = (step: string) => (event: RotationEvent) =>
  event.Step === step
    ? ({ kind: 'failed', requestId: 'abc', errorType: 'OldPasswordRefused', message: 'no' } as const)
    : undefined

const described = () => coffer.call('DescribeSecret', { SecretId: 'db' })
const lines = (text: string) => text.split('\n').map((line) => line.replace(/ +\d+ ms/, ' N ms'))

describe('coffer rotate enable', () => {
  it('turns managed rotation on by one interval, rotates, and prints each step', async () => {
    const { code, out, err } = await cli('rotate', 'enable', 'db', '--every', '30d')
    expect([code, err]).toEqual([0, ''])
    expect(lines(out)).toEqual([
      'Rotation of db is on, by managed rotation.',
      'Strategy: by its JSON. With masterarn alternating-users, else single-user by its engine; what has neither is refused.',
      expect.stringMatching(/^Rotation to version [0-9a-f-]{36}$/),
      expect.stringMatching(/^ {4}createSecret {2}ok/),
      expect.stringMatching(/^ {4}setSecret {5}ok/),
      expect.stringMatching(/^ {4}testSecret {4}ok/),
      expect.stringMatching(/^ {4}finishSecret {2}ok.*AWSCURRENT to [0-9a-f-]{36}, AWSPREVIOUS to /),
      'The rotation has succeeded.',
      '',
    ])
    expect(await described()).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: MANAGED,
      RotationRules: { AutomaticallyAfterDays: 30 },
    })
  })

  it.each([
    [['--every', '12h'], { ScheduleExpression: 'rate(12 hours)' }],
    [['--every', '1w'], { AutomaticallyAfterDays: 7 }],
    [['--every', '2w', '--window', '3h'], { AutomaticallyAfterDays: 14, Duration: '3h' }],
    [['--cron', '0 3 ? * SUN *'], { ScheduleExpression: 'cron(0 3 ? * SUN *)' }],
    [['--cron', 'cron(0 3 1 * ? *)', '--window', '2h'], { ScheduleExpression: 'cron(0 3 1 * ? *)', Duration: '2h' }],
  ])('takes %j', async (flags, rules) => {
    expect((await cli('rotate', 'enable', 'db', ...flags, '--no-wait')).code).toBe(0)
    expect((await described()).RotationRules).toMatchObject(rules)
  })

  it('takes a function by its name or ARN, and keeps it when rotation is set up again', async () => {
    await cli('rotate', 'enable', 'db', '--every', '30d', '--function', 'own')
    expect((await described()).RotationLambdaARN).toBe(functionArn('own'))
    await cli('rotate', 'enable', 'db', '--every', '7d')
    expect(await described()).toMatchObject({
      RotationLambdaARN: functionArn('own'),
      RotationRules: { AutomaticallyAfterDays: 7 },
    })
    await cli('rotate', 'enable', 'db', '--managed')
    expect((await described()).RotationLambdaARN).toBe(MANAGED)
    await cli('rotate', 'enable', 'db', '--function', `${functionArn('own')}:live`, '--no-wait')
    expect((await described()).RotationLambdaARN).toBe(`${functionArn('own')}:live`)
  })

  it('takes settings of managed rotation, and the prefix of a deployment', async () => {
    const settings = ['--strategy', 'generic', '--setting', 'passwordLength=40', '--setting', 'excludeCharacters=/=']
    await cli('rotate', 'enable', 'db', '--every', '30d', ...settings, '--prefix', 'mine')
    expect(await described()).toMatchObject({
      RotationLambdaARN: functionArn('mine-managed-rotation'),
      ExternalSecretRotationMetadata: [
        { Key: 'strategy', Value: 'generic' },
        { Key: 'passwordLength', Value: '40' },
        { Key: 'excludeCharacters', Value: '/=' },
      ],
    })
  })

  it('replaces all settings by those that are given, keeps them without, and says so; --no-settings clears them', async () => {
    const settings = async () => (await described()).ExternalSecretRotationMetadata
    const first = await cli('rotate', 'enable', 'db', '--every', '30d', '--strategy', 'generic', '--setting', 'field=a')
    expect(first.out).toContain(
      '\nStrategy: generic, by its setting: the value changes in the secret alone, and nothing is told to whatever it opens.\nSettings: strategy, field.\n',
    )
    const kept = await cli('rotate', 'enable', 'db', '--managed')
    expect(kept.out).toContain('Settings: strategy, field, kept from before: --no-settings clears them.\n')
    expect(await settings()).toHaveLength(2)
    await cli('rotate', 'enable', 'db', '--strategy', 'single-user')
    expect(await settings()).toEqual([{ Key: 'strategy', Value: 'single-user' }])
    const cleared = await cli('rotate', 'enable', 'db', '--no-settings')
    expect(cleared.out).toMatch(/\nStrategy: by its JSON\.[^\n]*\nRotation to/)
    expect((await settings()) ?? []).toEqual([])
  })

  it('with --not-now tests alone', async () => {
    const { code, out } = await cli('rotate', 'enable', 'db', '--every', '30d', '--not-now')
    expect(code).toBe(0)
    expect(out).toContain('Test with version')
    expect(out).toContain('The test has succeeded.\n')
    expect(coffer.functions.events.map(({ Step }) => Step)).toEqual(['testSecret'])
    expect((await coffer.call('GetSecretValue', { SecretId: 'db' })).SecretString).toBe('{"password":"old"}')
  })

  it('ends with 3 and the diagnosis where the first rotation fails', async () => {
    trouble = failing('setSecret')
    const { code, out } = await cli('rotate', 'enable', 'db', '--every', '30d')
    expect(code).toBe(3)
    expect(out).toMatch(
      / {4}setSecret {5}failed .*\n {6}OldPasswordRefused: no\n {6}request abc\n {6}The database refused/,
    )
    expect(out).toMatch(/The rotation has failed\. The next attempt is at 2026-03-01 10:21:30 UTC\.\n$/)
  })

  it('is done also for who may not see how it goes on', async () => {
    denied = ['coffer:ShowRotation']
    const { code, out } = await cli('rotate', 'enable', 'db', '--every', '30d')
    expect(code).toBe(0)
    expect(out).toContain('that takes a permission for coffer:ShowRotation')
    expect((await described()).RotationEnabled).toBe(true)
  })

  it.each([
    [['enable', 'db'], 2, '--every or --cron must say when'],
    [['enable', 'db', '--every', '30'], 2, '--every is "30", expected hours, days or weeks'],
    [['enable', 'db', '--every', '0d'], 2, '--every is "0d", expected'],
    [['enable', 'db', '--every', '1500d'], 2, '--every is "1500d", expected'],
    [['enable', 'db', '--every', '143w'], 2, 'from 4h to 1000d'],
    [['enable', 'db', '--every', '30d', '--window', '3'], 2, '--window is "3", expected hours such as 3h'],
    [['enable', 'db', '--every', '30d', '--window', '25h'], 2, 'from 1h to 24h'],
    [['enable', 'db', '--every', '30d', '--no-settings', '--strategy', 'generic'], 2, '--no-settings was given with'],
    [['enable', 'db', '--every', '30d', '--cron', '0 3 1 * ? *'], 2, '--every and --cron were both given'],
    [['enable', 'db', '--window', '3h'], 2, '--window was given without'],
    [['enable', 'db', '--every', '30d', '--now', '--not-now'], 2, '--now and --not-now were both given'],
    [['enable', 'db', '--every', '30d', '--function', 'a b'], 2, '--function is "a b", expected the name or the ARN'],
    [['enable', 'db', '--every', '30d', '--function', 'own', '--managed'], 2, '--function and --managed were both'],
    [['enable', 'db', '--every', '30d', '--function', 'own', '--strategy', 'generic'], 2, 'are for managed rotation'],
    [['enable', 'db', '--every', '30d', '--setting', 'passwordLength'], 2, '--setting is "passwordLength", expected'],
    [['enable', 'db', '--every', '30d', '--prefix', 'A'], 2, '--prefix is "A", expected'],
    [['enable', 'db', '--every', '30d', '--timeout', 'soon'], 2, '--timeout is "soon", expected a duration'],
    [['enable', 'db', '--every', '1h'], 2, '--every is "1h", expected'],
    [['enable', 'db', '--every', '30d', '--function', 'own', '--cron', '5 3 1 * ? *'], 2, 'both given'],
    [['enable', 'db', '--cron', '5 3 1 * ? *'], 1, 'ScheduleExpression'],
    [['enable', 'none', '--every', '30d'], 1, "ResourceNotFoundException: Secrets Manager can't find"],
    [['disable', 'db'], 1, 'No Lambda rotation function ARN'],
    [['enable'], 2, "missing required argument 'secret'"],
    [['nonsense'], 2, "unknown command 'nonsense'"],
  ])('%j ends with %d and says what is wrong', async (args, expected, message) => {
    const { code, out, err } = await cli('rotate', ...args)
    expect([code, out]).toEqual([expected, ''])
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
    expect(await described()).not.toHaveProperty('RotationEnabled', true)
  })
})

describe('coffer rotate disable', () => {
  it('turns rotation off', async () => {
    await cli('rotate', 'enable', 'db', '--every', '30d')
    const { code, out } = await cli('rotate', 'disable', 'db')
    expect([code, out]).toEqual([0, 'Rotation of db is off. Its configuration is kept.\n'])
    expect((await described()).RotationEnabled).toBe(false)
  })

  it('says what was stopped on its way, and how to clear it', async () => {
    trouble = failing('setSecret')
    await cli('rotate', 'enable', 'db', '--every', '30d')
    const { out } = await cli('rotate', 'disable', 'db')
    expect(out).toMatch(/The rotation to version [0-9a-f-]{36} was stopped on its way/)
    expect((await cli('rotation', 'abort', 'db')).code).toBe(0)
    trouble = undefined
    expect((await cli('rotate', 'enable', 'db')).code).toBe(0)
  })
})

describe('a function that is not there', () => {
  beforeEach(() => {
    coffer.functions.checked = 'not-allowed'
  })

  it('is said to be missing, with what there is', async () => {
    const { code, err } = await cli('rotate', 'enable', 'db', '--every', '30d', '--function', 'nope')
    expect(code).toBe(1)
    expect(err).toContain('There is no function nope in us-east-1 of account 123456789012.\n')
    expect(err).toContain('coffer functions list --region us-east-1\n')
  })

  it('is another matter than one that must not be invoked', async () => {
    server.lambda.add('closed')
    const { code, err } = await cli('rotate', 'enable', 'db', '--every', '30d', '--function', 'closed')
    expect([code, err]).toEqual([1, expect.stringContaining('cannot invoke the specified Lambda function')])
    expect(err).not.toContain('There is no function')
  })
})

describe('coffer rotation', () => {
  beforeEach(async () => {
    await cli('rotate', 'enable', 'db', '--every', '30d', '--window', '3h', '--function', 'own')
  })

  it('show prints the schedule, what comes, and every step', async () => {
    const { code, out } = await cli('rotation', 'show', 'db')
    expect(code).toBe(0)
    const [first, ...rest] = lines(out)
    expect(first).toBe(`db  ${arn}`)
    expect(rest.slice(0, 4)).toEqual([
      `  Rotation  on, every 30 days in windows of 3h, by ${functionArn('own')}`,
      '  Last      2026-03-01 10:20:30 UTC',
      expect.stringMatching(
        /^ {2}Next {6}in the window 2026-03-31 00:00:00 UTC to 2026-03-31 02:59:59 UTC, planned for 2026-03-31 0[0-2]:/,
      ),
      '  Now       nothing is running',
    ])
    expect(out).toMatch(/\n\nRotation to version [0-9a-f-]{36}: succeeded\n {2}2026-03-01 10:20:30 UTC, took 0 ms\n/)
  })

  it('show says what failed, what to look at, and what can be done', async () => {
    trouble = failing('setSecret')
    await cli('rotation', 'run', 'db')
    const { out } = await cli('rotation', 'show', 'db')
    expect(out).toContain('  Now       incomplete; attempt 2 is at 2026-03-01 10:21:30 UTC\n')
    expect(out).toContain('not to wait: coffer rotation resume db\n')
    expect(out).toContain('to give it up: coffer rotation abort db\n')
    expect(out).toMatch(/: failed so far\n/)
    expect(out).toContain('      The database refused the stored password.')
    expect(out).toContain('    next attempt 2026-03-01 10:21:30 UTC\n')
  })

  it('show prints JSON for machines', async () => {
    const { out } = await cli('rotation', 'show', 'db', '--json')
    expect(JSON.parse(out)).toMatchObject({ secret: arn, isEnabled: true, rotations: [{ result: 'succeeded' }] })
  })

  it('show lists five, and all when asked to', async () => {
    for (let count = 0; count < 6; count++) await cli('rotation', 'run', 'db')
    const count = (text: string) => text.match(/^Rotation to version/gm)?.length
    const few = (await cli('rotation', 'show', 'db')).out
    expect([count(few), few]).toEqual([5, expect.stringContaining('\n2 older: --all lists them.\n')])
    expect(count((await cli('rotation', 'show', 'db', '--all')).out)).toBe(7)
  })

  it('rehearse tests, and changes nothing', async () => {
    const before = await described()
    const count = coffer.functions.events.length
    const { code, out } = await cli('rotation', 'rehearse', 'db')
    expect([code, out]).toEqual([0, expect.stringMatching(/testSecret +ok[^]*The test has succeeded\.\n$/)])
    expect(coffer.functions.events.slice(count).map(({ Step }) => Step)).toEqual(['testSecret'])
    // AWSPENDING beside AWSCURRENT means nothing, and goes with the copy.
    const settled = ({ VersionIdsToStages }: Record<string, unknown>): string =>
      JSON.stringify(VersionIdsToStages).replace(',"AWSPENDING"', '')
    expect(settled(await described())).toBe(settled(before))
    trouble = failing('testSecret')
    const failed = await cli('rotation', 'rehearse', 'db')
    expect([failed.code, failed.out]).toEqual([3, expect.stringMatching(/The test has failed\.\n$/)])
  })

  it.each(['rehearse', 'run'])('%s does not turn rotation on that is off', async (command) => {
    await cli('rotate', 'disable', 'db')
    const { code, err } = await cli('rotation', command, 'db')
    expect([code, err]).toEqual([1, expect.stringContaining('Turn it on with: coffer rotate enable db')])
    expect((await described()).RotationEnabled).toBe(false)
  })

  it('run rotates now, and resume goes on with what failed', async () => {
    trouble = failing('testSecret')
    expect((await cli('rotation', 'run', 'db')).code).toBe(3)
    const again = await cli('rotation', 'run', 'db')
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('give it up: coffer rotation abort db')])
    expect((await cli('rotation', 'resume', 'db')).code).toBe(3)
    trouble = undefined
    const { code, out } = await cli('rotation', 'resume', 'db')
    expect(code).toBe(0)
    expect(lines(out)).toEqual([
      expect.stringMatching(/^Going on with version [0-9a-f-]{36} at testSecret\.$/),
      expect.stringMatching(/^ {4}testSecret {4}ok/),
      expect.stringMatching(/^ {4}finishSecret {2}ok/),
      'The rotation has succeeded.',
      '',
    ])
  })

  it('says what failed a function that did nothing', async () => {
    coffer.functions.byArn.set(functionArn('own'), () => ({ kind: 'returned' }))
    const { code, out } = await cli('rotation', 'run', 'db')
    expect(code).toBe(3)
    expect(out).toContain('The function succeeded in all four steps but stored no value')
  })

  it.each([['run'], ['rehearse']])('%s with --no-wait needs no permission to see how it goes', async (command) => {
    denied = ['coffer:ShowRotation']
    expect(await cli('rotation', command, 'db', '--no-wait')).toMatchObject({ code: 0, err: '' })
    await server.settled()
    const followed = await cli('rotation', command, 'db')
    expect([followed.code, followed.err]).toEqual([1, expect.stringContaining('Ask for --no-wait')])
  })

  it('resume with --no-wait needs no permission to see how it goes', async () => {
    trouble = failing('setSecret')
    await cli('rotation', 'run', 'db')
    denied = ['coffer:ShowRotation']
    expect(await cli('rotation', 'resume', 'db', '--no-wait')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Going on/),
    })
  })

  it('show works for a secret that is to be deleted, and says so', async () => {
    await coffer.call('DeleteSecret', { SecretId: 'db', RecoveryWindowInDays: 7 })
    const { code, out } = await cli('rotation', 'show', 'db')
    expect(code).toBe(0)
    expect(out).toContain('  Next      nothing: the secret is to be deleted\n')
    expect(out).toContain('  Now       it is to be deleted from 2026-03-08 10:20:30 UTC on;')
    expect((await cli('rotation', 'abort', 'db')).err).toContain('marked for deletion')
  })

  it('abort says what comes next: the schedule, or nothing where rotation is off', async () => {
    trouble = failing('setSecret')
    await cli('rotation', 'run', 'db')
    expect((await cli('rotation', 'abort', 'db')).out).toMatch(
      /Rotation is on, and the next one is planned for 2026-03-31 .* UTC; to rotate now:\n {2}coffer rotation run db\n$/,
    )
    await cli('rotation', 'run', 'db')
    await cli('rotate', 'disable', 'db')
    const { out } = await cli('rotation', 'abort', 'db')
    expect(out).toMatch(/Rotation is off; to turn it on and rotate:\n {2}coffer rotate enable db\n$/)
  })

  it('waits for a Coffer that is started again meanwhile', async () => {
    coffer.functions.byArn.set(functionArn('own'), async (event) => {
      if (event.Step === 'setSecret') server.breakFor(3)
      return goodFunction(coffer)(event)
    })
    const { code, out } = await cli('rotation', 'run', 'db')
    expect([code, out]).toEqual([0, expect.stringMatching(/The rotation has succeeded\.\n$/)])
    expect(server.brokenOff()).toBe(3)
  })

  it('abort gives up', async () => {
    trouble = failing('setSecret')
    await cli('rotation', 'run', 'db')
    const { code, out } = await cli('rotation', 'abort', 'db')
    expect([code, out]).toEqual([0, expect.stringContaining('has no AWSPENDING any more')])
    expect(await cli('rotation', 'abort', 'db')).toMatchObject({
      code: 1,
      err: 'coffer: InvalidRequestException: No rotation of this secret is running or incomplete, so there is nothing to abort.\n',
    })
  })

  it('does not wait for ever', async () => {
    let letGo = (): void => undefined
    const held = new Promise<undefined>((resolve) => (letGo = () => resolve(undefined)))
    coffer.functions.byArn.set(functionArn('own'), () => held)
    const { code, err } = await cli('rotation', 'run', 'db', '--timeout', '1ms')
    expect([code, err]).toEqual([1, 'coffer: It has not ended yet. See how it goes on with: coffer rotation show db\n'])
    letGo()
    await server.settled()
  })

  it.each([
    [['show', 'none'], 1, "can't find the specified secret"],
    [['show'], 2, "missing required argument 'secret'"],
    [['resume', 'db'], 1, 'nothing to resume'],
    [['show', 'db', '--region', 'nowhere'], 2, 'The Region is "nowhere"'],
  ])('%j ends with %d and says what is wrong', async (args, expected, message) => {
    const { code, err } = await cli('rotation', ...args)
    expect([code, err]).toEqual([expected, expect.stringContaining(message)])
    expect(err).not.toContain('    at ')
  })

  it('tells a refusal by policy', async () => {
    denied = ['coffer:AbortRotation']
    expect(await cli('rotation', 'abort', 'db')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not authorized to perform: coffer:AbortRotation') as string,
    })
  })
})

describe('the help of rotation commands', () => {
  it.each([
    ['rotation', 'show'],
    ['rotation', 'resume'],
    ['rotation', 'abort'],
    ['rotation', 'rehearse'],
    ['rotation', 'run'],
    ['rotate', 'enable'],
    ['rotate', 'disable'],
  ])('coffer %s %s has examples', async (group, command) => {
    const { code, out } = await cli(group, command, '--help')
    expect(code).toBe(0)
    expect(out).toContain(`$ coffer ${group} ${command}`)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(140)
  })
})
