import type { DueRotation } from '../../../lambda/core/ports/secret-store.ts'
import { walkClock } from '../../../local/rotation/clock-walk.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const HOUR = 3_600_000

let clock: ManualClock
let due: DueRotation[]
let arrivals: number[]
/** Hours since the start at which something could happen. */
let stops: number[]

beforeEach(() => {
  clock = new ManualClock(new Date(START).toISOString())
  due = []
  arrivals = []
  stops = []
})

const walk = (hours: number): Promise<void> =>
  walkClock(
    {
      clock,
      store: { dueRotations: async (now) => due.filter(({ at }) => at <= now) },
      drain: async () => {
        stops.push((clock.now() - START) / HOUR)
        due = due.filter(({ at }) => at > clock.now())
        arrivals = arrivals.filter((at) => at > clock.now())
      },
      nextArrival: () => arrivals[0],
    },
    START + hours * HOUR,
  )

const rotation = (hours: number): DueRotation => ({
  key: { account: '1', region: 'r', name: `db${hours}` },
  at: START + hours * HOUR,
})

it('stops at rotations and at arrivals, each at its time', async () => {
  due = [rotation(2), rotation(6)]
  arrivals = [1, 4, 6.5, 12].map((hours) => START + hours * HOUR)
  await walk(10)
  expect(stops).toEqual([1, 2, 4, 6, 6.5, 10])
})

it('comes to its end although what has come is not taken', async () => {
  await walkClock(
    {
      clock,
      store: { dueRotations: async () => [] },
      drain: async () => void stops.push(0),
      nextArrival: () => START - HOUR,
    },
    START + HOUR,
  )
  expect(stops).toEqual([0])
  expect(clock.now()).toBe(START + HOUR)
})

it('comes to its end although ever more arrives', async () => {
  await walkClock(
    {
      clock,
      store: { dueRotations: async () => [] },
      drain: async () => void stops.push(0),
      nextArrival: () => clock.now() + 1,
    },
    START + 1_000_000 * HOUR,
  )
  expect(stops.length).toBeLessThanOrEqual(5_001)
  expect(clock.now()).toBe(START + 1_000_000 * HOUR)
})
