import { abortRotation, resumeRotation, showRotation } from '../../../lambda/core/rotation/administer.ts'
import type { AdministrationCall } from '../../../lambda/core/rotation/administered-secret.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import type { FunctionOutcome, RotationEvent } from '../../../lambda/core/ports/functions.ts'
import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { ACCOUNT, makeCoffer, ORIGIN, principalOf, REGION, token, type Coffer } from '../../support/coffer.ts'
import { document, MemoryDirectory, type PolicyStatement } from '../../support/memory-directory.ts'
import { functionArn, goodFunction, walk } from '../../support/rotation-walk.ts'

const ARN = functionArn('rotate')
const FIRST = token('first')
const SECOND = token('second')

let coffer: Coffer
let secret: string
/** What the function says instead of doing its work. */
let trouble: ((event: RotationEvent) => FunctionOutcome | undefined) | undefined

beforeEach(async () => setUp(makeCoffer()))
afterEach(() => coffer.close())

async function setUp(made: Coffer): Promise<void> {
  coffer = made
  trouble = undefined
  const good = goodFunction(coffer)
  coffer.functions.byArn.set(ARN, async (event) => trouble?.(event) ?? good(event))
  secret = String((await coffer.call('CreateSecret', { Name: 'db', SecretString: 'old' })).ARN)
}

const asCaller = (principal: Principal, secretId = 'db'): AdministrationCall => ({
  services: coffer.services,
  context: { principal, origin: ORIGIN, region: REGION, requestId: 'r' },
  secretId,
})
const asAdmin = (secretId = 'db') => asCaller(principalOf(ACCOUNT), secretId)

async function head(): Promise<SecretHead> {
  const stored = await coffer.store.load({ account: ACCOUNT, region: REGION, name: 'db' })
  if (!stored) throw new Error('there is no secret')
  return stored.head
}

async function rotate(input: object = {}): Promise<SecretHead> {
  await coffer.call('RotateSecret', { SecretId: 'db', ClientRequestToken: FIRST, RotationLambdaARN: ARN, ...input })
  return head()
}

const failing = (step: string) => (event: RotationEvent) =>
  event.Step === step
    ? ({
        kind: 'failed',
        requestId: 'abc',
        errorType: 'ValueError',
        message: 'password authentication failed',
      } as const)
    : undefined

const stages = async (): Promise<unknown> =>
  (await coffer.call('DescribeSecret', { SecretId: 'db' })).VersionIdsToStages
const told = () => coffer.events.map(({ name, versionId }) => [name, versionId])
const refused = (call: Promise<unknown>, code: string, message: string) =>
  expect(call).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string })

describe('what is shown of a rotation', () => {
  it('is its configuration, what comes next, and every step of what was done', async () => {
    await walk(coffer, await rotate({ RotationRules: { AutomaticallyAfterDays: 30, Duration: '3h' } }))
    const shown = await showRotation(asAdmin())
    expect(shown).toMatchObject({
      secret,
      name: 'db',
      now: '2026-03-01T10:20:30.456Z',
      isEnabled: true,
      functionArn: ARN,
      isManaged: false,
      rules: { automaticallyAfterDays: 30, duration: '3h' },
      nextWindow: { start: '2026-03-31T00:00:00.000Z', end: '2026-03-31T02:59:59.000Z' },
      lastRotated: '2026-03-01T10:20:30.456Z',
      rotations: [{ kind: 'rotation', versionId: FIRST, functionArn: ARN, result: 'succeeded', durationMs: 0 }],
    })
    expect(shown.plannedStart).toMatch(/^2026-03-31T0[0-2]:/)
    expect(shown).not.toHaveProperty('running')
    expect(shown).not.toHaveProperty('incomplete')
    const [attempt] = shown.rotations[0]?.attempts ?? []
    expect(attempt?.steps.map(({ step, outcome, requestId }) => [step, outcome, requestId])).toEqual(
      ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => [step, 'ok', `request-${step}`]),
    )
    const former = (await head()).versions.find(({ stages: held }) => held.includes('AWSPREVIOUS'))?.id
    expect(attempt?.steps[3]?.moves).toContainEqual({ label: 'AWSCURRENT', from: former, to: FIRST })
  })

  it('is what failed, the diagnosis and when it is attempted again, and never the hash of a token', async () => {
    trouble = failing('setSecret')
    expect(await walk(coffer, await rotate(), { stopsAtWait: true })).toBe('Wait')
    const shown = await showRotation(asAdmin())
    expect(shown).toMatchObject({
      incomplete: FIRST,
      running: { state: 'waiting', attempt: 1, versionId: FIRST, retryAt: '2026-03-01T10:21:30.456Z' },
      rotations: [{ attempts: [{ retryAt: '2026-03-01T10:21:30.456Z', steps: [{ step: 'createSecret' }, {}] }] }],
    })
    expect(shown.rotations[0]?.attempts[0]?.steps[1]).toMatchObject({
      outcome: 'failed',
      requestId: 'abc',
      error: {
        type: 'ValueError',
        message: 'password authentication failed',
        diagnosis: expect.stringContaining('The database refused the stored password') as string,
      },
    })
    const stored = await coffer.store.rotation({ ...(await head()), token: FIRST })
    expect(stored?.tokenHash).toMatch(/^.{44}$/)
    expect(JSON.stringify(shown)).not.toContain(stored?.tokenHash)
    expect(JSON.stringify(shown)).not.toContain('tokenHash')
  })

  it('tells a start that nobody has taken up from one that runs', async () => {
    await rotate()
    expect((await showRotation(asAdmin())).running).toMatchObject({ state: 'requested' })
    const states: (string | undefined)[] = []
    coffer.functions.byArn.set(ARN, async () => {
      states.push((await showRotation(asAdmin())).running?.state)
      return { kind: 'returned' }
    })
    await walk(coffer, await head(), { stopsAtWait: true })
    expect(new Set(states)).toEqual(new Set(['running']))
  })

  it('knows managed rotation', async () => {
    await rotate({ RotationLambdaARN: functionArn('coffer-managed-rotation') })
    expect((await showRotation(asAdmin())).isManaged).toBe(true)
  })

  it.each([
    ['that is not there', 'other', 'ResourceNotFoundException', "can't find the specified secret"],
    ['whose rotation was never set up', 'db', 'InvalidRequestException', 'RotateSecret turns it on'],
    ['with a name that is none', 'a b', 'ValidationException', 'Invalid name'],
  ])('is refused for a secret %s', async (_, secretId, code, message) => {
    for (const call of [showRotation, resumeRotation, abortRotation])
      await refused(call(asAdmin(secretId)), code, message)
  })

  it('is refused for a secret that is to be deleted, but to look at', async () => {
    await walk(coffer, await rotate())
    await coffer.call('DeleteSecret', { SecretId: 'db', RecoveryWindowInDays: 7 })
    for (const call of [resumeRotation, abortRotation])
      await refused(call(asAdmin()), 'InvalidRequestException', 'marked for deletion')
    expect(await showRotation(asAdmin())).toMatchObject({
      deletion: '2026-03-08T10:20:30.456Z',
      rotations: [{ result: 'succeeded' }],
    })
  })
})

describe('resuming a rotation', () => {
  it('goes on at the step that failed, with the value that was made', async () => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate(), { stopsAtWait: true })
    trouble = undefined
    const before = coffer.functions.events.length
    expect(await resumeRotation(asAdmin())).toEqual({ secret, versionId: FIRST, from: 'setSecret' })
    expect(await walk(coffer, await head())).toBe('Done')
    expect(coffer.functions.events.slice(before).map(({ Step }) => Step)).toEqual([
      'setSecret',
      'testSecret',
      'finishSecret',
    ])
    const { SecretString } = await coffer.call('GetSecretValue', { SecretId: 'db' })
    expect(SecretString).toBe(`next-${FIRST}`)
    const [record] = (await showRotation(asAdmin())).rotations
    expect(record).toMatchObject({ result: 'succeeded', attempts: [{ attempt: 1 }, { attempt: 1 }] })
    expect(record?.attempts[1]?.run).toBeGreaterThan(record?.attempts[0]?.run ?? 0)
  })

  it('takes the place of the attempt that was waited for', async () => {
    trouble = failing('testSecret')
    const first = await rotate()
    await walk(coffer, first, { stopsAtWait: true })
    trouble = undefined
    await resumeRotation(asAdmin())
    await walk(coffer, await head())
    const count = coffer.functions.events.length
    // The execution that waited wakes up.
    coffer.clock.advance(60_000)
    expect(await walk(coffer, first)).toBe('Done')
    expect(coffer.functions.events).toHaveLength(count)
  })

  it('of one that was given up works, too', async () => {
    trouble = failing('createSecret')
    expect(await walk(coffer, await rotate())).toBe('Failed')
    trouble = undefined
    expect(await resumeRotation(asAdmin())).toMatchObject({ versionId: FIRST, from: 'createSecret' })
    expect(await walk(coffer, await head())).toBe('Done')
    expect((await showRotation(asAdmin())).rotations).toMatchObject([{ versionId: FIRST, result: 'succeeded' }])
  })

  it('begins with createSecret where no value was made, although all four steps had succeeded', async () => {
    coffer.functions.byArn.set(ARN, () => ({ kind: 'returned' }))
    await walk(coffer, await rotate(), { stopsAtWait: true })
    expect(await resumeRotation(asAdmin())).toMatchObject({ from: 'createSecret' })
  })

  it('begins with finishSecret where only the label was left', async () => {
    const good = goodFunction(coffer)
    coffer.functions.byArn.set(ARN, async (event) =>
      event.Step === 'finishSecret' ? { kind: 'returned' } : good(event),
    )
    await walk(coffer, await rotate(), { stopsAtWait: true })
    expect(await resumeRotation(asAdmin())).toMatchObject({ from: 'finishSecret' })
  })

  it('finds its end where finishSecret had failed after it moved the label', async () => {
    const good = goodFunction(coffer)
    let isBad = true
    coffer.functions.byArn.set(ARN, async (event) => {
      const outcome = await good(event)
      return event.Step === 'finishSecret' && isBad ? { kind: 'timed-out' } : outcome
    })
    await walk(coffer, await rotate(), { stopsAtWait: true })
    isBad = false
    expect(await resumeRotation(asAdmin())).toMatchObject({ versionId: FIRST, from: 'finishSecret' })
    expect(await walk(coffer, await head())).toBe('Done')
    expect((await head()).rotation).not.toHaveProperty('pending')
  })

  it('asks that somebody carries it out', async () => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate(), { stopsAtWait: true })
    const asked: string[] = []
    const rotateSoon = async ({ key, rotation }: SecretHead) =>
      void asked.push(`${key.name} ${rotation?.running?.from}`)
    const call = asAdmin()
    await resumeRotation({ ...call, services: { ...call.services, rotateSoon } })
    expect(asked).toEqual(['db setSecret'])
  })

  it('is refused while one runs, where nothing is incomplete, and where rotation is off', async () => {
    const started = await rotate()
    await refused(resumeRotation(asAdmin()), 'InvalidRequestException', 'is running now')
    await walk(coffer, started)
    await refused(resumeRotation(asAdmin()), 'InvalidRequestException', 'nothing to resume')
    trouble = failing('setSecret')
    await walk(coffer, await rotate({ ClientRequestToken: SECOND }), { stopsAtWait: true })
    await coffer.call('CancelRotateSecret', { SecretId: 'db' })
    await refused(resumeRotation(asAdmin()), 'InvalidRequestException', 'Rotation is off')
  })

  it('of two at once, one wins', async () => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate(), { stopsAtWait: true })
    const results = await Promise.allSettled([resumeRotation(asAdmin()), resumeRotation(asAdmin())])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('aborting a rotation', () => {
  it('takes AWSPENDING away at once, lets RotateSecret in again, and is told and written down', async () => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate(), { stopsAtWait: true })
    coffer.events.length = 0
    expect(await abortRotation(asAdmin())).toMatchObject({ secret, versionId: FIRST, isEnabled: true })
    expect(Object.values((await stages()) as object)).toEqual([['AWSCURRENT']])
    expect(told()).toEqual([['RotationAbandoned', FIRST]])
    const shown = await showRotation(asAdmin())
    expect(shown).toMatchObject({ rotations: [{ versionId: FIRST, result: 'aborted' }] })
    expect(shown).not.toHaveProperty('running')
    expect(await coffer.store.rotation({ ...(await head()), token: FIRST })).not.toHaveProperty('tokenHash')
    trouble = undefined
    expect(await walk(coffer, await rotate({ ClientRequestToken: SECOND }))).toBe('Done')
  })

  it('stops one that is in the middle of a step', async () => {
    const good = goodFunction(coffer)
    coffer.functions.byArn.set(ARN, async (event) => {
      if (event.Step === 'setSecret') await abortRotation(asAdmin())
      return good(event)
    })
    expect(await walk(coffer, await rotate())).toBe('Done')
    expect(coffer.functions.events.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret'])
    expect((await coffer.call('GetSecretValue', { SecretId: 'db' })).SecretString).toBe('old')
    expect((await showRotation(asAdmin())).rotations).toMatchObject([{ result: 'aborted' }])
  })

  it('of one that was given up calls it aborted as well', async () => {
    trouble = failing('setSecret')
    expect(await walk(coffer, await rotate())).toBe('Failed')
    await abortRotation(asAdmin())
    expect((await showRotation(asAdmin())).rotations).toMatchObject([{ result: 'aborted' }])
  })

  it('keeps rotation on, with its next window', async () => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate({ RotationRules: { AutomaticallyAfterDays: 30 } }), { stopsAtWait: true })
    await abortRotation(asAdmin())
    expect(await showRotation(asAdmin())).toMatchObject({
      isEnabled: true,
      nextWindow: { start: '2026-03-31T00:00:00.000Z' },
    })
  })

  it('clears what CancelRotateSecret has left', async () => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate(), { stopsAtWait: true })
    await coffer.call('CancelRotateSecret', { SecretId: 'db' })
    await abortRotation(asAdmin())
    expect(Object.values((await stages()) as object)).toEqual([['AWSCURRENT']])
    expect((await showRotation(asAdmin())).isEnabled).toBe(false)
  })

  it('clears AWSPENDING that somebody put there by hand, and tells of no rotation', async () => {
    await walk(coffer, await rotate())
    coffer.events.length = 0
    const byHand = { SecretId: 'db', ClientRequestToken: SECOND, SecretString: 'v', VersionStages: ['AWSPENDING'] }
    await coffer.call('PutSecretValue', byHand)
    expect(await abortRotation(asAdmin())).toMatchObject({ secret, versionId: SECOND, isEnabled: true })
    expect(Object.values((await stages()) as object).flat()).not.toContain('AWSPENDING')
    expect(told()).toEqual([])
    expect((await showRotation(asAdmin())).rotations).toMatchObject([{ result: 'succeeded' }])
  })

  it('says whether rotation is on, and when the next one is', async () => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate({ RotationRules: { AutomaticallyAfterDays: 30 } }), { stopsAtWait: true })
    expect((await abortRotation(asAdmin())).plannedStart).toMatch(/^2026-03-31T/)
    await walk(coffer, await rotate({ ClientRequestToken: SECOND }), { stopsAtWait: true })
    await coffer.call('CancelRotateSecret', { SecretId: 'db' })
    expect(await abortRotation(asAdmin())).toEqual({ secret, versionId: SECOND, isEnabled: false })
  })

  it('stops a start that nobody has taken up', async () => {
    const started = await rotate()
    expect(await abortRotation(asAdmin())).toMatchObject({ versionId: FIRST })
    expect(await walk(coffer, started)).toBe('Done')
    expect(coffer.functions.events).toEqual([])
    expect(told()).toEqual([])
  })

  it('of a test removes its copy, and abandons no rotation', async () => {
    await rotate({ RotateImmediately: false })
    coffer.functions.byArn.set(ARN, async () => {
      await abortRotation(asAdmin())
      return { kind: 'returned' }
    })
    await walk(coffer, await head())
    expect(told()).toEqual([['TestRotationStarted', FIRST]])
    expect(Object.values((await stages()) as object)).toEqual([['AWSCURRENT']])
    expect((await showRotation(asAdmin())).rotations).toMatchObject([{ kind: 'test', result: 'aborted' }])
  })

  it('is refused where there is nothing to abort', async () => {
    await walk(coffer, await rotate())
    await refused(abortRotation(asAdmin()), 'InvalidRequestException', 'nothing to abort')
  })
})

describe('a secret that was made again', () => {
  it.each([resumeRotation, abortRotation])('is another one than access was decided on', async (administer) => {
    trouble = failing('setSecret')
    await walk(coffer, await rotate(), { stopsAtWait: true })
    const again = async (): Promise<void> => {
      await coffer.call('DeleteSecret', { SecretId: 'db', ForceDeleteWithoutRecovery: true })
      await coffer.call('CreateSecret', { Name: 'db', SecretString: 'new' })
      await walk(coffer, await rotate({ ClientRequestToken: SECOND }), { stopsAtWait: true })
    }
    const call = asAdmin()
    const { authorizer } = call.services
    const decide: typeof authorizer.decide = async (request) => {
      await again()
      return authorizer.decide(request)
    }
    const services = { ...call.services, authorizer: { ...authorizer, decide } }
    await refused(administer({ ...call, services }), 'ResourceNotFoundException', "can't find")
    expect((await showRotation(asAdmin())).running).toMatchObject({ state: 'waiting', versionId: SECOND })
  })
})

describe('who may administer rotations', () => {
  const calls = [
    ['coffer:ShowRotation', showRotation],
    ['coffer:ResumeRotation', resumeRotation],
    ['coffer:AbortRotation', abortRotation],
  ] as const
  let directory: MemoryDirectory
  let owner: Principal
  beforeEach(async () => {
    coffer.close()
    directory = new MemoryDirectory()
    await setUpFor(makeCoffer({ authorizer: policyAuthorizer(directory) }))
  })

  async function setUpFor(made: Coffer): Promise<void> {
    coffer = made
    owner = directory.user('owner', { allow: [{ Action: '*' }] })
    coffer.functions.byArn.set(ARN, () => ({ kind: 'timed-out' }))
    const principal = owner
    secret = String((await coffer.call('CreateSecret', { Name: 'db', SecretString: 'old' }, { principal })).ARN)
    const rotation = { SecretId: 'db', ClientRequestToken: FIRST, RotationLambdaARN: ARN }
    await coffer.call('RotateSecret', rotation, { principal })
    await walk(coffer, await head(), { stopsAtWait: true })
  }

  it.each(calls)('%s lets its call through, and no other action does', async (action, call) => {
    const others = calls.map(([name]) => name).filter((name) => name !== action)
    const other = directory.user('other', { allow: [{ Action: ['secretsmanager:*', ...others], Resource: '*' }] })
    await refused(call(asCaller(other)), 'AccessDeniedException', `not authorized to perform: ${action}`)
    const one = directory.user('one', {
      allow: [{ Action: action, Resource: 'arn:aws:secretsmanager:*:*:secret:db-??????' }],
    })
    await expect(call(asCaller(one))).resolves.toMatchObject({ secret })
  })

  it.each(calls)('%s is denied before anybody is told whether there is such a secret', async (_, call) => {
    const nobody = directory.user('nobody')
    await refused(call(asCaller(nobody, 'none')), 'AccessDeniedException', 'not authorized')
  })

  it('a resource policy denies, and opens the call to another account together with its own policies', async () => {
    const put = (statement: PolicyStatement) =>
      coffer.call('PutResourcePolicy', { SecretId: 'db', ResourcePolicy: document([statement]) }, { principal: owner })
    const far = directory.user('far', { account: '222222222222', allow: [{ Action: 'coffer:ShowRotation' }] })
    await refused(showRotation(asCaller(far, secret)), 'AccessDeniedException', 'not authorized')
    await put({ Principal: { AWS: '222222222222' }, Action: 'coffer:ShowRotation' })
    await expect(showRotation(asCaller(far, secret))).resolves.toMatchObject({ secret })
    await put({ Effect: 'Deny', Principal: '*', Action: 'coffer:AbortRotation' })
    await refused(abortRotation(asCaller(owner)), 'AccessDeniedException', 'with an explicit deny')
  })
})
