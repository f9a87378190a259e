/**
 * Many secrets: none is lost, none rotates twice, and each rotates inside its windows.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { VirtualClock } from '../../local/clock.ts'
import { GENERIC, startEmbedded, type Embedded } from '../support/rotation-embedded.ts'
import { Control, obedientFunction } from '../support/rotation-obedient.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

jest.setTimeout(400_000)
const makeDirectory = suiteDirectories()
const [HOUR, DAY] = [3_600_000, 86_400_000]
const BEGIN = Date.parse('2026-01-01T00:00:00Z')
const DAYS = 31

interface Kind {
  readonly rules: Readonly<Record<string, unknown>>
  /** Windows that begin within the days of the test, worked out by hand: start and end; `previous` is the last success. */
  readonly next: (previous: number) => readonly [start: number, end: number]
}

const dayOf = (time: number): number => Math.floor(time / DAY) * DAY
const hourOf = (time: number): number => Math.floor(time / HOUR) * HOUR

/** The first window that begins after `time`, at an hour of a day on which it is so. */
function windowAfter(
  time: number,
  { isSo, hour, hours }: { isSo: (day: Date) => boolean; hour: number; hours: number },
) {
  let start = dayOf(time) + hour * HOUR
  while (start <= time || !isSo(new Date(start))) start += DAY
  return [start, start + hours * HOUR] as const
}

const kinds: readonly Kind[] = [
  {
    rules: { ScheduleExpression: 'rate(10 days)' },
    next: (previous) => [dayOf(previous) + 10 * DAY, dayOf(previous) + 11 * DAY],
  },
  {
    rules: { AutomaticallyAfterDays: 7, Duration: '3h' },
    next: (previous) => [dayOf(previous) + 7 * DAY, dayOf(previous) + 7 * DAY + 3 * HOUR],
  },
  {
    rules: { ScheduleExpression: 'cron(0 22 ? * MON *)', Duration: '2h' },
    next: (previous) => windowAfter(previous, { isSo: (day) => day.getUTCDay() === 1, hour: 22, hours: 2 }),
  },
  {
    rules: { ScheduleExpression: 'cron(0 8 1,15 * ? *)', Duration: '4h' },
    next: (previous) => windowAfter(previous, { isSo: (day) => [1, 15].includes(day.getUTCDate()), hour: 8, hours: 4 }),
  },
  {
    rules: { ScheduleExpression: 'rate(36 hours)', Duration: '2h' },
    // A window ends with its day.
    next: (previous) => {
      const start = hourOf(previous) + 36 * HOUR
      return [start, Math.min(start + 2 * HOUR, dayOf(start) + DAY)]
    },
  },
]

describe('a hundred secrets on schedules', () => {
  let server: Embedded
  beforeAll(async () => {
    server = await startEmbedded(join(makeDirectory(), 'data'), { clock: new Date(BEGIN + HOUR / 2).toISOString() })
  })
  afterAll(() => server.close())

  it(`each rotate once in every window of ${DAYS} days, and never outside of one`, async () => {
    const { client } = server
    const names = Array.from({ length: 100 }, (_, index) => `many/${index}`)
    for (const [index, name] of names.entries()) {
      await client.create(name, { password: `first of ${name}` })
      const RotationRules = kinds[index % kinds.length]!.rules
      await client.rotate(name, { ...GENERIC, RotationRules, RotateImmediately: false })
    }
    // Strides that fall on no boundary.
    for (let hours = 0; hours < DAYS * 24; hours += 7) await client.advance('7h')
    const now = Date.parse((await client.show(names[0]!)).now)
    const offsets = new Set<number>()
    for (const [index, name] of names.entries()) {
      const { rotations } = await client.show(name)
      const made = rotations.filter(({ kind }) => kind === 'rotation').reverse()
      // With all of it, to see what went wrong.
      expect(made.filter(({ result }) => result !== 'succeeded')).toEqual([])
      expect(new Set(made.map(({ versionId }) => versionId)).size).toBe(made.length)
      let previous = BEGIN
      for (const { startedAt } of made) {
        const [start, end] = kinds[index % kinds.length]!.next(previous)
        const time = Date.parse(startedAt)
        const where = { name, startedAt, from: new Date(start).toISOString(), to: new Date(end).toISOString() }
        expect({ ...where, isInside: time >= start && time < end }).toEqual({ ...where, isInside: true })
        offsets.add(Math.floor((time - start) / 60_000))
        previous = time
      }
      // None was lost: the next window is still to come, or open.
      const [, end] = kinds[index % kinds.length]!.next(previous)
      expect({ name, isToCome: end > now }).toMatchObject({ isToCome: true })
    }
    // They are spread, not all at the begin of their windows.
    expect(offsets.size).toBeGreaterThan(60)
    expect(server.events().filter(({ name }) => name === 'RotationFailed')).toEqual([])
  })
})

describe('a thousand secrets that are due at once', () => {
  it('rotate by real functions, ten at a time, each of them once', async () => {
    const control = new Control(join(makeDirectory(), 'control'))
    mkdirSync(control.folder)
    const server = await startEmbedded(join(makeDirectory(), 'data'), { keyMode: 'shared' })
    const { client } = server
    const functionArn = await client.addFunction(obedientFunction(control, { concurrency: 30 }))
    const names = Array.from({ length: 1000 }, (_, index) => `due/${index}`)
    const RotationRules = { ScheduleExpression: 'cron(0 0 10 * ? *)', Duration: '1h' }
    // The test of a new configuration is one of testSecret, and not what is counted here.
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(
        names.slice(at, at + 50).map(async (name) => {
          await client.create(name, 'first')
          await client.rotate(name, { RotationLambdaARN: functionArn, RotationRules, RotateImmediately: false })
        }),
      )
    await client.advance('1m')
    expect(control.trace().filter(({ step }) => step !== 'testSecret')).toEqual([])
    const tested = control.trace().length
    const began = performance.now()
    const before = process.memoryUsage().rss
    // To a moment at which all of them are due, in one stride.
    const { clock } = server.coffer
    if (!(clock instanceof VirtualClock)) throw new TypeError('the clock is not virtual')
    clock.moveTo(Date.parse('2026-01-10T00:46:00Z'))
    await server.coffer.sweep()
    const seconds = (performance.now() - began) / 1000
    const trace = control.trace().slice(tested)
    console.log(
      `1,000 rotations took ${seconds.toFixed(1)} s, ${Math.round((process.memoryUsage().rss - before) / 1e6)} MB more`,
    )
    expect(trace).toHaveLength(8 * names.length)
    const perSecret = new Map<string, string[]>()
    for (const { name, phase, step } of trace)
      if (phase === 'worked') perSecret.set(name, [...(perSecret.get(name) ?? []), step])
    expect(perSecret.size).toBe(names.length)
    for (const steps of perSecret.values())
      expect(steps).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    // No more processes than rotations may be carried out at the same time.
    let [running, most] = [0, 0]
    for (const { phase } of trace) most = Math.max(most, (running += phase === 'enter' ? 1 : -1))
    expect(most).toBeLessThanOrEqual(10)
    expect(most).toBeGreaterThan(4)
    for (const name of names.filter((_, index) => index % 50 === 0))
      expect((await client.show(name)).rotations[0]).toMatchObject({
        result: 'succeeded',
        startedAt: expect.stringMatching(/^2026-01-10T00:/),
      })
    await server.close()
  })
})
