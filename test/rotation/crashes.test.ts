/**
 * `kill -9` at every boundary of a rotation: after the next start it goes on with the same version, and comes to its end. COFFER_CRASH_SEED repeats the random moments of a run.
 */
import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../faults/writers.ts'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { RotationClient, type Shown } from '../support/rotation-embedded.ts'
import { Control, obedientFunction, STEPS, type Phase, type Point, type Step } from '../support/rotation-obedient.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

jest.setTimeout(400_000)
const makeDirectory = suiteDirectories()
const seed = Number(process.env.COFFER_CRASH_SEED ?? randomInt(2 ** 31))
const MOMENTS = 12
const DAY_MS = 86_400_000

describe('a Coffer that is killed', () => {
  const control = new Control(join(makeDirectory(), 'control'))
  const dataDir = join(makeDirectory(), 'data')
  let functionArn: string
  let coffer: ChildCoffer
  let client: RotationClient
  let day = 0
  /** By the domain's clock. */
  let startedAt = 0
  /** Of all that ran. */
  let log = ''

  /** Each start is a day later than the one before: what waits for its time is due. */
  async function start(): Promise<void> {
    startedAt = Date.parse('2026-01-01T12:00:00Z') + day++ * DAY_MS
    const clock = new Date(startedAt).toISOString()
    coffer = await ChildCoffer.start({ dataDir, flags: ['--log-format', 'json', '--clock', clock] })
    client = new RotationClient(coffer.url, ADMIN)
  }

  async function kill(): Promise<void> {
    coffer.kill('SIGKILL')
    client.close()
    expect(await coffer.exited).toEqual({ code: null, signal: 'SIGKILL' })
    log += coffer.output
  }

  beforeAll(async () => {
    console.log(`COFFER_CRASH_SEED=${seed}`)
    mkdirSync(control.folder)
    await start()
    functionArn = await client.addFunction(obedientFunction(control))
  })
  afterAll(async () => {
    client.close()
    await coffer.stop()
  })

  const rotating = async (name: string, Description = ''): Promise<string> => {
    await client.create(name, 'first', { Description })
    return client.rotate(name, { RotationLambdaARN: functionArn })
  }

  const ended = (name: string): Promise<Shown> =>
    client.until(name, ({ rotations: [last] }) => last?.result !== undefined)

  async function expectWhole(name: string, version: string): Promise<void> {
    const { rotations, incomplete } = await ended(name)
    expect(rotations.map((one) => [one.versionId, one.result])).toEqual([[version, 'succeeded']])
    expect(incomplete).toBeUndefined()
    expect(await client.labels(name)).toMatchObject({ AWSCURRENT: version, AWSPREVIOUS: expect.any(String) })
    expect(await client.value(name)).toBe(`value of ${version}`)
    const trace = control.trace(name)
    expect(new Set(trace.map((one) => one.version))).toEqual(new Set([version]))
    // Each step came to its end before the next one was begun, and the last of each in the right order.
    for (const [index, step] of STEPS.entries()) {
      const firstBegin = trace.findIndex((one) => one.step === step && one.phase === 'enter')
      const before = STEPS[index - 1]
      expect(firstBegin).toBeGreaterThanOrEqual(0)
      if (before !== undefined)
        expect(trace.slice(0, firstBegin).some((one) => one.step === before && one.phase === 'worked')).toBe(true)
    }
    expect(trace.at(-1)).toMatchObject({ step: 'finishSecret', phase: 'worked' })
    const told = await toldOf(version)
    const endedAt = Date.parse(rotations[0]?.endedAt ?? '')
    // What was written before the end of the process and told a hundredth of a second before it may be missing from its log.
    if (endedAt < startedAt) return
    expect(told).toEqual(expect.arrayContaining(['RotationStarted', 'RotationSucceeded']))
    // What runs is known once, also after it was begun twice.
    expect(told.filter((one) => one === 'RotationStarted')).toHaveLength(1)
  }

  /** An event comes a moment after the record. */
  async function toldOf(version: string): Promise<string[]> {
    for (let tries = 0; tries < 200; tries++) {
      const told = namesOf(log + coffer.output, version)
      if (told.at(-1) === 'RotationSucceeded') return told
      await sleep(20)
    }
    return namesOf(log + coffer.output, version)
  }

  const points = STEPS.flatMap((step): [Phase, Step][] => [
    ['enter', step],
    ['worked', step],
  ])

  it.each(points)(
    'at %s of %s goes on with the same version, and no process of the function is left',
    async (phase, step) => {
      const point: Point = { name: `${phase}-${step}`, phase, step }
      control.hold(point)
      const version = await rotating(point.name)
      const { pid, token } = await control.reached(point)
      expect(isAlive(pid)).toBe(true)
      await kill()
      await gone(pid)
      control.go(point)
      await start()
      await expectWhole(point.name, version)
      // It goes on where it was: only the step that was broken off is begun again.
      const begun = control.trace(point.name).filter((one) => one.phase === 'enter')
      expect(begun.map((one) => one.step)).toEqual(STEPS.flatMap((each) => (each === step ? [each, each] : [each])))
      // The token that the dead one had is no longer good, and is not given again.
      expect(begun[STEPS.indexOf(step) + 1]?.token).not.toBe(token)
    },
  )

  it(`at ${MOMENTS} random moments goes on with the same version`, async () => {
    const random = seededRandom(seed)
    for (let round = 0; round < MOMENTS; round++) {
      const name = `moment-${round}`
      const holding: Point = { name, phase: 'enter', step: STEPS[round % STEPS.length]! }
      control.hold(holding)
      const version = await rotating(name)
      await control.reached(holding)
      control.go(holding)
      await sleep(random() * 60)
      await kill()
      await start()
      await expectWhole(name, version)
    }
  })

  it('while it waits for the next attempt makes that attempt after the next start', async () => {
    const version = await rotating('waiting', 'throw@setSecret')
    const { running } = await client.until('waiting', (shown) => shown.running?.state === 'waiting')
    expect(running).toMatchObject({ versionId: version, attempt: 1 })
    await kill()
    await start()
    await client.until('waiting', (shown) => shown.running?.attempt === 2 && shown.running.state === 'waiting')
    await client.call('UpdateSecret', { SecretId: 'waiting', Description: 'well again' })
    await kill()
    await start()
    await expectWhole('waiting', version)
    const { rotations } = await client.show('waiting')
    expect(rotations[0]?.attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
  })

  it('in an orderly way leaves it where it is, too', async () => {
    const point: Point = { name: 'orderly', phase: 'worked', step: 'setSecret' }
    control.hold(point)
    const version = await rotating('orderly')
    const { pid } = await control.reached(point)
    client.close()
    expect(await coffer.stop()).toEqual({ code: 0, signal: null })
    log += coffer.output
    await gone(pid)
    control.go(point)
    await start()
    await expectWhole('orderly', version)
    expect((await client.show('orderly')).rotations[0]?.attempts).toHaveLength(1)
  })

  it('with many rotations in flight ends each of them once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `flight-${index}`)
    const versions = await Promise.all(names.map((name) => rotating(name)))
    await control.reached({ name: 'flight-0', phase: 'worked', step: 'createSecret' })
    await kill()
    await start()
    for (const [index, name] of names.entries()) await expectWhole(name, versions[index]!)
  })
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<void> {
  const end = performance.now() + 10_000
  while (isAlive(pid)) {
    if (performance.now() > end) throw new Error(`the process ${pid} of the function has outlived Coffer`)
    await sleep(10)
  }
}

/** Of the events about a version in a log. */
function namesOf(log: string, version: string): string[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      const entry = JSON.parse(line) as Record<string, unknown>
      return entry.event === 'rotation' && entry.versionId === version ? [String(entry.name)] : []
    })
}
