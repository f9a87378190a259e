// First: it tells the handlers how to print.
import { Printed } from '../support/printed.ts'
import type { DynamoDBBatchResponse, DynamoDBStreamEvent, StreamRecord } from 'aws-lambda'
import type { SecretKey } from '../../../lambda/core/domain/secret.ts'
import type { Reconciled } from '../../../lambda/core/replication/reconcile-secret.ts'
import { replicatorHandler, type ReplicatorOptions } from '../../../lambda/handlers/edge/replicator-handler.ts'
import { ACCOUNT } from '../../support/coffer.ts'
import { lambdaContext } from '../support/proxy-event.ts'

const HERE = 'eu-west-1'
const nothing: Reconciled = { steps: [], isWaiting: false, isFailed: false }
const waiting: Reconciled = { steps: ['failed'], isWaiting: true, isFailed: true }

let printed: Printed
let looked: SecretKey[]
let pauses: number[]
beforeEach(() => {
  printed = new Printed()
  looked = []
  pauses = []
})
afterEach(() => {
  jest.restoreAllMocks()
})

const secretKeyOf = (keys: NonNullable<StreamRecord['Keys']>) => ({
  account: ACCOUNT,
  region: keys.region!.S!,
  name: keys.name!.S!,
})
const recordsOf = (...items: readonly [name: string, region: string][]): DynamoDBStreamEvent => ({
  Records: items.map(([name, region], index) => ({
    dynamodb: { Keys: { name: { S: name }, region: { S: region } }, SequenceNumber: `n${index}` },
  })),
})

/** @param answers by name, one after another; the last stays */
function replicator(answers: Record<string, (Reconciled | Error)[]> = {}, more: Partial<ReplicatorOptions> = {}) {
  const handler = replicatorHandler({
    reconcile: async (key) => {
      looked.push(key)
      const [first = nothing, ...rest] = answers[key.name] ?? []
      if (rest.length > 0) answers[key.name] = rest
      if (first instanceof Error) throw first
      return first
    },
    sweep: () => Promise.reject(new Error('no sweep here')),
    region: HERE,
    deployment: 'coffer',
    secretKeyOf,
    pause: async (milliseconds) => pauses.push(milliseconds),
    ...more,
  })
  return (event: unknown): Promise<DynamoDBBatchResponse | undefined> => handler(event, lambdaContext)
}

const failures = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })

describe('records of the stream', () => {
  it('are looked at by name, once for a batch, each as this Region, whichever Region changed', async () => {
    const batch = recordsOf(['a', 'us-east-1'], ['b', HERE], ['a', HERE], ['a', 'us-west-2'])
    expect(await replicator()(batch)).toEqual(failures())
    expect(looked).toEqual([
      { account: ACCOUNT, region: HERE, name: 'a' },
      { account: ACCOUNT, region: HERE, name: 'b' },
    ])
    // Nothing was done, and nothing is said or counted.
    expect(printed.lines).toEqual([])
  })

  it('that bring about a copy are logged by what was done, with the lag and the steps as figures', async () => {
    const copied: Reconciled = { steps: ['copied', 'acknowledged'], isWaiting: false, isFailed: false, lagMs: 420 }
    expect(await replicator({ a: [copied] })(recordsOf(['a', 'us-east-1']))).toEqual(failures())
    expect(printed.of('replicate')).toMatchObject([
      { resource: 'a', steps: ['copied', 'acknowledged'], isWaiting: false, isFailed: false, lagMs: 420 },
    ])
    expect(printed.figures).toEqual([
      { deployment: 'coffer', ReplicationSteps: 2 },
      { deployment: 'coffer', ReplicationLagMilliseconds: 420 },
    ])
  })

  it('whose values are on their way are looked at again in a moment', async () => {
    const copied: Reconciled = { steps: ['copied'], isWaiting: false, isFailed: false, lagMs: 7 }
    expect(await replicator({ a: [waiting, waiting, copied] })(recordsOf(['a', 'us-east-1']))).toEqual(failures())
    expect(looked).toHaveLength(3)
    expect(pauses).toEqual([100, 300])
  })

  it('come again with the batch when that takes longer, from the first of that name on', async () => {
    const batch = recordsOf(['a', HERE], ['b', HERE], ['c', HERE], ['b', HERE])
    expect(await replicator({ b: [waiting], c: [waiting] })(batch)).toEqual(failures('n1'))
    expect(looked.filter(({ name }) => name === 'b')).toHaveLength(4)
    // It is no fault and no failure: an item of a global table comes when it comes.
    expect(printed.metrics).toEqual([])
    expect(printed.figures.filter((figure) => 'ReplicationFailures' in figure)).toEqual([])
  })

  it('come again after an unexpected error, which is in the log, and the others are seen to', async () => {
    const batch = recordsOf(['a', HERE], ['b', HERE], ['c', HERE])
    expect(await replicator({ b: [new Error('the table is down')] })(batch)).toEqual(failures('n1'))
    expect(looked.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(printed.metrics).toEqual(['Faults replicate'])
  })

  it('do not come again for a step that failed: the link says when it is tried again', async () => {
    const failed: Reconciled = { steps: ['failed'], isWaiting: false, isFailed: true }
    expect(await replicator({ a: [failed] })(recordsOf(['a', HERE]))).toEqual(failures())
    expect(looked).toHaveLength(1)
    expect(printed.figures).toContainEqual({ deployment: 'coffer', ReplicationFailures: 1 })
  })

  it('what goes wrong inside a step is a fault in the log', async () => {
    const reconcile: ReplicatorOptions['reconcile'] = async (_key, noteFault) => {
      noteFault(new Error('KMS said something odd'))
      return nothing
    }
    expect(await replicator({}, { reconcile })(recordsOf(['a', HERE]))).toEqual(failures())
    expect(printed.metrics).toEqual(['Faults replicate'])
    expect(printed.of('fault')).toMatchObject([{ operation: 'replicate', requestId: lambdaContext.awsRequestId }])
  })
})

describe('the sweep', () => {
  it('is a task by the clock', async () => {
    const sweep = async () => ({ done: 3, faults: [] })
    expect(await replicator({}, { sweep })({ task: 'replication' })).toBeUndefined()
    expect(printed.of('sweep')).toMatchObject([{ task: 'replication', done: 3, faults: 0 }])
    expect(looked).toEqual([])
  })

  it('fails with what failed in it, so that Lambda counts it', async () => {
    const sweep = async () => ({ done: 1, faults: [new Error('one'), new Error('two')] })
    await expect(replicator({}, { sweep })({ task: 'replication' })).rejects.toThrow('2 steps of the sweep failed')
    expect(printed.metrics).toEqual(['Faults sweep replication', 'Faults sweep replication'])
  })

  it.each([{ task: 'values' }, {}, null, 'replication', { Records: 'x' }])('is not %j', async (event) => {
    const sweep = jest.fn(async () => ({ done: 0, faults: [] }))
    await expect(replicator({}, { sweep })(event)).rejects.toThrow('must be told')
    expect(sweep).not.toHaveBeenCalled()
  })
})
