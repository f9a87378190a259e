/**
 * A process that ended right after the commit that ended a rotation: nothing is due any more, and the rest of the work is still done.
 */
import type { SecretStore } from '../../lambda/core/ports/secret-store.ts'
import { ExecutionStore } from '../../local/rotation/execution-store.ts'
import { bound } from '../support/coffer.ts'
import { goodFunction, makeRotating, token, type Rotating } from '../support/rotating-coffer.ts'

describe('a rotation that ended in a process that ended then', () => {
  let coffer: Rotating
  let stopsAfterCommit: boolean
  let stopsBeforeRecord: boolean
  /** Resolves when the process has come to where it stops for ever. */
  let stopped: Promise<void>

  beforeEach(async () => {
    stopsAfterCommit = stopsBeforeRecord = false
    let hasStopped: () => void
    stopped = new Promise((resolve) => (hasStopped = resolve))
    const wrapStore = (store: SecretStore): SecretStore => ({
      ...bound(store),
      async rotation(ref) {
        const { rotation } = (await store.load(ref.key))!.head
        if (!stopsAfterCommit || rotation?.running !== undefined) return store.rotation(ref)
        hasStopped()
        return new Promise(() => undefined)
      },
      async saveRotation(secret, record) {
        if (!stopsBeforeRecord || record.result === undefined) return store.saveRotation(secret, record)
        hasStopped()
        return new Promise(() => undefined)
      },
    })
    coffer = makeRotating({ wrapStore })
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
    coffer.use(goodFunction(coffer))
  })
  afterEach(() => {
    expect(coffer.faults).toEqual([])
    coffer.close()
  })

  async function restart(): Promise<void> {
    await stopped
    stopsAfterCommit = stopsBeforeRecord = false
    const runner = coffer.newRunner()
    runner.start()
    await runner.drain()
    await runner.stop(async () => undefined)
  }

  const executions = () => new ExecutionStore(coffer.database).all()

  it('is recorded and told as succeeded by the next one', async () => {
    await coffer.rotate({ ClientRequestToken: token('two') })
    stopsAfterCommit = true
    coffer.runner.look()
    await stopped
    expect((await coffer.records())[0]).not.toHaveProperty('result')
    await restart()
    expect(await coffer.records()).toMatchObject([{ token: token('two'), result: 'succeeded' }])
    expect(coffer.names()).toContain('RotationSucceeded')
    expect(executions()).toEqual([])
  })

  it('is recorded and told as failed by the next one', async () => {
    coffer.use(() => ({ kind: 'failed', errorType: 'ValueError', message: 'no' }))
    await coffer.rotate({ ClientRequestToken: token('two'), RotateImmediately: false })
    stopsAfterCommit = true
    coffer.runner.look()
    await restart()
    expect(await coffer.records()).toMatchObject([{ kind: 'test', result: 'failed' }])
    expect(coffer.names()).toContain('TestRotationFailed')
    expect(executions()).toEqual([])
  })

  it('is told before it is recorded, so that it is told twice rather than never', async () => {
    await coffer.rotate()
    stopsBeforeRecord = true
    coffer.runner.look()
    await restart()
    expect(coffer.names()).toEqual(['RotationStarted', 'RotationSucceeded', 'RotationSucceeded'])
    expect(await coffer.records()).toMatchObject([{ result: 'succeeded' }])
  })

  it('leaves nothing behind where the secret was deleted meanwhile', async () => {
    coffer.use(({ Step }) => (Step === 'setSecret' ? { kind: 'failed' } : undefined))
    await coffer.rotate()
    await coffer.runner.drain()
    expect(executions()).toHaveLength(1)
    await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    stopped = Promise.resolve()
    await restart()
    expect(executions()).toEqual([])
  })

  it('what waits for its next attempt is left alone', async () => {
    coffer.use(({ Step }) => (Step === 'setSecret' ? { kind: 'failed' } : undefined))
    await coffer.rotate()
    await coffer.runner.drain()
    stopped = Promise.resolve()
    await restart()
    expect(executions()).toMatchObject([{ state: 'Retry' }])
    expect(coffer.names()).toEqual(['RotationStarted', 'RotationFailed'])
  })
})
