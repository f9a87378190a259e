import { Log } from '../../local/log/log.ts'
import { SweepTimer } from '../../local/sweep-timer.ts'
import { MemoryOutput } from './support/memory-output.ts'

const output = new MemoryOutput()
const log = new Log({ format: 'text', output, wallClock: { now: () => 0 } })
beforeEach(() => {
  output.text = ''
})

describe('background work', () => {
  it('never runs twice at once, and a call gets a run that began after it', async () => {
    let running = 0
    let runs = 0
    const timer = new SweepTimer(async () => {
      expect(++running).toBe(1)
      await new Promise(setImmediate)
      running--
      runs++
      return {}
    }, log)
    await Promise.all([timer.run(), timer.run(), timer.run()])
    expect(runs).toBe(3)
    await timer.stop()
  })

  it('is in the log when it did something', async () => {
    const counts = [{ purged: 0 }, { purged: 2 }]
    const timer = new SweepTimer(async () => counts.shift() ?? {}, log)
    await timer.run()
    expect(output.text).toBe('')
    await timer.run()
    expect(output.text).toBe('1970-01-01T00:00:00.000Z INFO sweep purged=2\n')
  })

  it('that fails is in the log and does not stop the next', async () => {
    let runs = 0
    const timer = new SweepTimer(async () => {
      runs++
      throw new RangeError('the message of a language error could quote data')
    }, log)
    await timer.run()
    await timer.run()
    expect(runs).toBe(2)
    expect(output.text).toContain('ERROR fault during=sweep error=RangeError')
    expect(output.text).not.toContain('quote data')
  })
})
