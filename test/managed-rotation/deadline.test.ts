import { stopped, withinDeadline } from '../../lambda/managed-rotation/deadline.ts'
import { failureOf } from './support/failure-of.ts'

const never = new Promise<never>(() => undefined)

describe('the deadline of a step', () => {
  it('leaves what ends before it as it is', async () => {
    expect(await withinDeadline(async () => 5)).toBe(5)
    expect((await failureOf(withinDeadline(() => Promise.reject(new Error('own'))))).message).toBe('own')
  })

  it('ends what hangs, and says so to it', async () => {
    let told: unknown
    const hanging = withinDeadline(
      (signal) => {
        signal.addEventListener('abort', () => (told = signal.reason))
        return never
      },
      { deadlineMs: 1 },
    )
    const failure = await failureOf(hanging)
    expect(failure).toMatchObject({ name: 'TimedOut' })
    expect(told).toBe(failure)
  })

  it('comes with the stop of what carries it out, also when that was before', async () => {
    const stop = new AbortController()
    const { signal } = stop
    const work = failureOf(withinDeadline(() => never, { signal }))
    stop.abort(stopped())
    expect((await work).name).toBe('Stopped')
    const late = jest.fn(async () => undefined)
    expect((await failureOf(withinDeadline(late, { signal }))).name).toBe('Stopped')
    expect(late).not.toHaveBeenCalled()
  })

  it('lets nothing outlive the step', async () => {
    let given: AbortSignal | undefined
    await withinDeadline(async (signal) => (given = signal))
    expect(given?.aborted).toBe(true)
  })
})
