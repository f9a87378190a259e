import { LaneFull, Turns } from '../../../local/identities/turns.ts'

/** Work that ends when it is told to. */
function makeWork(turns: Turns<'a' | 'b'>) {
  const order: string[] = []
  const ends = new Map<string, () => void>()
  const start = (name: string, lane: 'a' | 'b'): Promise<void> =>
    turns.run(lane, () => {
      order.push(name)
      return new Promise((resolve) => void ends.set(name, resolve))
    })
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { order, start, end }
}

describe('turns', () => {
  it('run a few pieces at a time, the first to come first', async () => {
    const { order, start, end } = makeWork(new Turns(['a', 'b'], { atOnce: 2, capacity: 5 }))
    const all = ['1', '2', '3', '4'].map((name) => start(name, 'a'))
    expect(order).toEqual(['1', '2'])
    await end('2')
    expect(order).toEqual(['1', '2', '3'])
    for (const name of ['1', '3', '4']) await end(name)
    await Promise.all(all)
    expect(order).toEqual(['1', '2', '3', '4'])
  })

  it('go to the lanes one after the other, however many wait in one', async () => {
    const { order, start, end } = makeWork(new Turns(['a', 'b'], { atOnce: 1, capacity: 5 }))
    const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2'].map((name) => start(name, name.startsWith('a') ? 'a' : 'b'))
    for (let done = 0; done < 6; done++) await end(order[done]!)
    await Promise.all(all)
    expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'a4'])
  })

  it('are refused at once where too many wait in a lane, and in that alone', async () => {
    const turns = new Turns(['a', 'b'], { atOnce: 1, capacity: 2 })
    const { order, start, end } = makeWork(turns)
    const all = ['1', '2', '3'].map((name) => start(name, 'a'))
    expect([turns.hasRoom('a'), turns.hasRoom('b')]).toEqual([false, true])
    await expect(start('4', 'a')).rejects.toThrow(LaneFull)
    all.push(start('5', 'b'))
    for (let done = 0; done < 4; done++) await end(order[done]!)
    await Promise.all(all)
    expect(turns.hasRoom('a')).toBe(true)
  })

  it('are handed on by work that fails', async () => {
    const turns = new Turns(['a'], { atOnce: 1, capacity: 1 })
    const failed = turns.run('a', () => Promise.reject(new Error('no')))
    const next = turns.run('a', async () => 'done')
    await expect(failed).rejects.toThrow('no')
    await expect(next).resolves.toBe('done')
  })
})
