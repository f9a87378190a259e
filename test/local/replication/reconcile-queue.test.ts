import type { SecretKey } from '../../../lambda/core/domain/secret.ts'
import { ReconcileQueue, type Verdict } from '../../../local/replication/reconcile-queue.ts'
import { ManualTimers } from './manual-timers.ts'

const key = (name: string, region = 'eu-west-1'): SecretKey => ({ account: '1', region, name })

let timers: ManualTimers
/** Names that are at work, with what ends them. */
let atWork: Map<string, (verdict: Verdict) => void>
let begun: string[]
let most: number
let queue: ReconcileQueue

const nameOf = ({ region, name }: SecretKey): string => `${region}/${name}`

beforeEach(() => {
  timers = new ManualTimers()
  atWork = new Map()
  begun = []
  most = 0
  queue = new ReconcileQueue({
    concurrency: 3,
    after: timers.after,
    work: (each) => {
      if (atWork.has(nameOf(each))) throw new Error('the same at the same time')
      begun.push(nameOf(each))
      return new Promise((resolve) => {
        atWork.set(nameOf(each), resolve)
        most = Math.max(most, atWork.size)
      })
    },
  })
})

async function end(name: string, verdict: Verdict = 'done'): Promise<void> {
  const resolve = atWork.get(name)
  atWork.delete(name)
  resolve?.(verdict)
  await turn()
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function isResolved(promise: Promise<void>): Promise<boolean> {
  let isIt = false
  void promise.then(() => (isIt = true))
  await turn()
  return isIt
}

it('does a few at a time, each in the order in which it came', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) queue.add(key(name))
  expect(begun).toEqual(['eu-west-1/a', 'eu-west-1/b', 'eu-west-1/c'])
  await end('eu-west-1/b')
  await end('eu-west-1/a')
  expect(begun.slice(3)).toEqual(['eu-west-1/d', 'eu-west-1/e'])
  expect(most).toBe(3)
})

it('does what was asked for many times once, and once more when it was asked for in the middle of it', async () => {
  for (let count = 0; count < 5; count++) queue.add(key('a'))
  expect(begun).toHaveLength(1)
  await end('eu-west-1/a')
  expect(begun).toHaveLength(2)
  await end('eu-west-1/a')
  expect(begun).toHaveLength(2)
  expect(queue.isIdle).toBe(true)
})

it('never does the same twice at once in a Region, but in two Regions', () => {
  queue.add(key('a'))
  queue.add(key('a'))
  queue.add(key('a', 'us-east-1'))
  expect(begun).toEqual(['eu-west-1/a', 'us-east-1/a'])
})

it('does again in a moment what waits for something, a few times, and then later and later', async () => {
  queue.add(key('a'))
  const pauses: number[] = []
  for (let round = 0; round < 8; round++) {
    await end('eu-west-1/a', 'soon')
    const [pause = 0] = timers.pending
    pauses.push(pause)
    timers.pass(pause)
  }
  expect(pauses).toEqual([50, 50, 50, 50, 50, 1_000, 2_000, 4_000])
  await end('eu-west-1/a')
  queue.add(key('a'))
  await end('eu-west-1/a', 'soon')
  expect(timers.pending).toEqual([50])
})

it('does what has broken later and later, a minute at most', async () => {
  queue.add(key('a'))
  const pauses: number[] = []
  for (let round = 0; round < 9; round++) {
    await end('eu-west-1/a', 'later')
    const [pause = 0] = timers.pending
    pauses.push(pause)
    timers.pass(pause)
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

it('does not go on resting when there is news', async () => {
  queue.add(key('a'))
  await end('eu-west-1/a', 'later')
  queue.add(key('a'))
  expect(begun).toHaveLength(2)
  expect(timers.pending).toEqual([])
})

it('is idle when what is left rests, but not while something is on its way', async () => {
  queue.add(key('a'))
  const idle = queue.idle()
  await end('eu-west-1/a', 'soon')
  expect(await isResolved(idle)).toBe(false)
  timers.pass(50)
  await end('eu-west-1/a', 'later')
  expect(await isResolved(idle)).toBe(true)
})

it('has room for a thousand that wait', async () => {
  for (let count = 0; count < 1_003; count++) queue.add(key(String(count)))
  const room = queue.room()
  expect(await isResolved(room)).toBe(false)
  await end('eu-west-1/0')
  expect(await isResolved(room)).toBe(true)
})

it('begins nothing more when it is stopped, and waits for what is at work', async () => {
  for (const name of ['a', 'b', 'c', 'd']) queue.add(key(name))
  await end('eu-west-1/a', 'later')
  const stopped = queue.stop()
  expect(timers.pending).toEqual([])
  for (const name of ['b', 'c']) await end(`eu-west-1/${name}`)
  expect(await isResolved(stopped)).toBe(false)
  await end('eu-west-1/d', 'later')
  expect(await isResolved(stopped)).toBe(true)
  queue.add(key('e'))
  expect(begun).toHaveLength(4)
  expect(timers.pending).toEqual([])
})
