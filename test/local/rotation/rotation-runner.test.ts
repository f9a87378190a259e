import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import type { TaskInput } from '../../../lambda/core/rotation/workflow.ts'
import { DAY, goodFunction, makeRotating, MINUTE, token, type Rotating } from '../../support/rotating-coffer.ts'

describe('the runner of rotations', () => {
  let coffer: Rotating
  let broken: ((input: TaskInput) => boolean) | undefined
  let asked: TaskInput[]

  beforeEach(async () => {
    broken = undefined
    asked = []
    coffer = makeRotating({
      concurrency: 3,
      wrapTasks: (tasks) => async (input) => {
        asked.push(input)
        if (broken?.(input) === true) throw new StoreFailure('unavailable', 'the disk is full')
        return tasks(input)
      },
    })
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
    coffer.use(goodFunction(coffer))
  })
  afterEach(() => coffer.close())

  const steps = () => coffer.functions.events.map(({ Step }) => Step)
  const isDone = async () => (await coffer.records())[0]?.result === 'succeeded'

  it('repeats a task that breaks, after a pause, and does not go on before', async () => {
    let faults = 2
    broken = ({ task, step }) => task === 'step' && step === 'setSecret' && faults-- > 0
    await coffer.rotate()
    await coffer.runner.drain()
    expect(steps()).toEqual(['createSecret'])
    coffer.rest(1_999)
    await coffer.runner.drain()
    expect(steps()).toEqual(['createSecret'])
    coffer.rest(1)
    await coffer.runner.drain()
    coffer.rest(4_000)
    await coffer.runner.drain()
    expect(steps()).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    expect(coffer.faults).toHaveLength(2)
  })

  it('takes a task that breaks too often as failed: the rotation is attempted again', async () => {
    broken = ({ task }) => task === 'step'
    await coffer.rotate()
    for (let pause = 0; pause < 8; pause++) {
      await coffer.runner.drain()
      coffer.rest(MINUTE)
    }
    expect(coffer.names()).toEqual(['RotationStarted', 'RotationFailed'])
    expect(coffer.events[1]?.diagnosis).toMatch(/Coffer could not carry the step out/)
    broken = undefined
    await coffer.pass(MINUTE)
    expect(await isDone()).toBe(true)
  })

  it('does not lose a rotation whose failure cannot be written down either', async () => {
    broken = () => true
    await coffer.rotate()
    for (let pause = 0; pause < 30; pause++) {
      await coffer.runner.drain()
      coffer.rest(MINUTE)
    }
    broken = undefined
    for (let pause = 0; pause < 3; pause++) {
      await coffer.runner.drain()
      coffer.rest(MINUTE)
      await coffer.pass(MINUTE)
    }
    expect(await isDone()).toBe(true)
  })

  it.each([
    ['begin', undefined],
    ['step', 'createSecret'],
    ['step', 'setSecret'],
    ['step', 'testSecret'],
    ['step', 'finishSecret'],
    ['finish', undefined],
  ] as const)('another process goes on where this one was ended in %s %s, under the same id', async (task, step) => {
    broken = (input) => input.task === task && input.step === step
    await coffer.rotate({ ClientRequestToken: token('two') })
    await coffer.runner.drain()
    broken = undefined
    const before = steps().length
    await coffer.newRunner().drain()
    expect(await isDone()).toBe(true)
    // Nothing that had been done is done again.
    expect(steps()).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    expect(steps().length).toBeGreaterThanOrEqual(before)
    expect(new Set(coffer.functions.events.map(({ ClientRequestToken: id }) => id))).toEqual(new Set([token('two')]))
  })

  it.each(['begin', 'step', 'finish', 'fail', 'retry'] as const)(
    'a %s whose answer was lost may be made again: nothing is told or recorded twice',
    async (task) => {
      const again = makeRotating({
        wrapTasks: (tasks) => async (input) => {
          const outcome = await tasks(input)
          if (input.task === task && task !== 'step') {
            const second = await tasks(input)
            if (task === 'begin' || task === 'retry') expect(second).toEqual(outcome)
          }
          return outcome
        },
      })
      await again.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
      const good = goodFunction(again)
      let failures = 1
      again.use((event) =>
        event.Step === 'setSecret' && failures-- > 0 ? { kind: 'failed', errorType: 'E', message: 'm' } : good(event),
      )
      await again.rotate()
      await again.runner.drain()
      await again.pass(MINUTE)
      expect(again.faults).toEqual([])
      expect((await again.records())[0]).toMatchObject({ result: 'succeeded', attempts: [{}, {}] })
      expect(again.names().filter((name) => name === 'RotationSucceeded')).toHaveLength(1)
      again.close()
    },
  )

  it('carries out as many as it may at the same time, and all of them in the end', async () => {
    let running = 0
    let most = 0
    const good = goodFunction(coffer)
    coffer.use(async (event) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      await good(event)
      running--
      return undefined
    })
    for (let index = 0; index < 20; index++) {
      await coffer.call('CreateSecret', { Name: `s${index}`, SecretString: 'v' })
      await coffer.rotate({ SecretId: `s${index}` })
    }
    await coffer.runner.drain()
    expect(most).toBe(3)
    expect(coffer.functions.events).toHaveLength(80)
    expect(new Set(coffer.functions.events.map(({ SecretId, Step }) => `${SecretId} ${Step}`)).size).toBe(80)
  })

  it('one secret that breaks does not keep the others', async () => {
    await coffer.call('CreateSecret', { Name: 'b', SecretString: 'v' })
    broken = ({ name }) => name === 'a'
    await coffer.rotate()
    await coffer.rotate({ SecretId: 'b' })
    await coffer.runner.drain()
    expect((await coffer.records('b'))[0]).toMatchObject({ result: 'succeeded' })
  })

  it('ends in the middle of a function, and goes on with that step at the next start', async () => {
    let ended: (() => void) | undefined
    coffer.use((event) =>
      event.Step === 'setSecret' && ended === undefined
        ? new Promise((resolve) => {
            ended = () => resolve({ kind: 'failed', errorType: 'Runtime.ExitError', message: 'signal: killed' })
          })
        : goodFunction(coffer)(event),
    )
    await coffer.rotate()
    coffer.runner.look()
    while (ended === undefined) await new Promise((resolve) => setImmediate(resolve))
    await coffer.runner.stop(async () => ended?.())
    expect(coffer.names()).toEqual(['RotationStarted'])
    await coffer.newRunner().drain()
    expect(steps()).toEqual(['createSecret', 'setSecret', 'setSecret', 'testSecret', 'finishSecret'])
    expect(await isDone()).toBe(true)
  })

  it('looks at what is due and comes to nothing once, and not without end', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 1 } })
    await coffer.runner.drain()
    asked.length = 0
    // As if another process held it: nobody embedded does.
    const head = (await coffer.head())!
    const running = { kind: 'rotation', run: 99, token: token('x'), startedAt: 0, attempt: 1, checkAt: 0 } as const
    const rotation = { ...head.rotation!, running: { ...running, executor: 'somebody else' } }
    await coffer.store.commit({ head: { ...head, revision: head.revision + 1, rotation }, put: [], drop: [] })
    await coffer.pass(DAY)
    expect(asked.map(({ task }) => task)).toEqual(['begin'])
  })
})
