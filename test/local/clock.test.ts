import { ClockProblem, LAST_TIME, VirtualClock, wallClock } from '../../local/clock.ts'

const START = Date.UTC(2026, 0, 1)

describe('the virtual clock', () => {
  let elapsed = 0
  const clockAt = (start: number) => new VirtualClock(start, () => elapsed)
  beforeEach(() => {
    elapsed = 5000.5
  })

  it('starts at the given time and goes at real speed', () => {
    const clock = clockAt(START)
    expect(clock.now()).toBe(START)
    elapsed += 1500
    expect(clock.now()).toBe(START + 1500)
  })

  it('moves forward by a span and to a time', () => {
    const clock = clockAt(START)
    clock.advance(86_400_000)
    expect(clock.now()).toBe(START + 86_400_000)
    clock.moveTo(START + 2 * 86_400_000)
    elapsed += 1
    expect(clock.now()).toBe(START + 2 * 86_400_000 + 1)
  })

  it('never goes back', () => {
    const clock = clockAt(START)
    expect(() => clock.moveTo(START - 1)).toThrow(
      new ClockProblem(
        'The clock never goes back: it is 2026-01-01T00:00:00.000Z, and 2025-12-31T23:59:59.999Z is earlier.',
      ),
    )
    expect(clock.now()).toBe(START)
  })

  it('ends with the year 9999', () => {
    const clock = clockAt(START)
    expect(() => clock.advance(LAST_TIME)).toThrow('The clock ends with the year 9999.')
    expect(() => clock.advance(Infinity)).toThrow(ClockProblem)
    clock.moveTo(LAST_TIME)
    elapsed += 10
    expect(clock.now()).toBe(LAST_TIME)
  })
})

it('the wall clock is the time of this machine', () => {
  const before = Date.now()
  const now = wallClock.now()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(Date.now())
})
