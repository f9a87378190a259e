import { Agenda } from '../../../sandbox/events/agenda.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function fixture() {
  const clock = new ManualClock()
  const agenda = new Agenda(clock)
  const start = clock.now()
  const done: string[] = []
  const plan = (name: string, afterMs: number): (() => void) =>
    agenda.at(start + afterMs, () => void done.push(`${name} at ${clock.now() - start}`))
  return { clock, agenda, start, done, plan }
}

describe('the agenda', () => {
  it('does nothing before its time, and what is due in the order of its moments, then of its planning', async () => {
    const { clock, agenda, start, done, plan } = fixture()
    plan('late', 300)
    plan('first', 100)
    plan('second', 100)
    await agenda.runDue()
    expect(done).toEqual([])
    expect(agenda.next).toBe(start + 100)
    clock.advance(200)
    await agenda.runDue()
    expect(done).toEqual(['first at 200', 'second at 200'])
    expect(agenda.next).toBe(start + 300)
  })

  it('does what an entry plans for no later than now in the same run', async () => {
    const { agenda, start, done, plan } = fixture()
    agenda.at(start, () => {
      plan('follows', 0)
      plan('waits', 1)
    })
    await agenda.runDue()
    expect(done).toEqual(['follows at 0'])
  })

  it('waits for the end of an entry before it does the next', async () => {
    const { agenda, start, done, plan } = fixture()
    agenda.at(start, async () => {
      await new Promise((resolve) => setImmediate(resolve))
      done.push('slow')
    })
    plan('next', 0)
    await agenda.runDue()
    expect(done).toEqual(['slow', 'next at 0'])
  })

  it('does not do what was taken back', async () => {
    const { agenda, done, plan } = fixture()
    plan('never', 0)()
    expect(agenda.next).toBeUndefined()
    await agenda.runDue()
    expect(done).toEqual([])
  })
})
