import { EventSource, type DeadLetter, type EventSourceDefinition } from '../../../sandbox/events/event-source.ts'
import { hostFixture } from '../support/fixture-functions.ts'

const { host, define } = hostFixture()
const record = (id: number, more = {}) => ({ id, dynamodb: { SequenceNumber: String(id) }, ...more })

let named = 0
function sourceOf(code: string, more: Partial<EventSourceDefinition> = {}) {
  const target = define(`reader-${++named}`, `const batches = []; ${code}`)
  const letters: DeadLetter[] = []
  const faults: unknown[] = []
  const source = new EventSource({
    source: {
      function: target.name,
      stream: 'stream',
      filter: ({ id }) => id !== 99,
      batchSize: 3,
      retries: 2,
      bisects: false,
      reportsItems: true,
      onFailure: 'arn:aws:sqs:letters',
      ...more,
    },
    target,
    host,
    onDeadLetter: (letter) => letters.push(letter),
    onFault: (fault) => faults.push(fault),
  })
  /** The ids of the batches that the function got, in order. */
  const batches = async (): Promise<number[][]> => {
    const outcome = await host.invoke(target, '"look"')
    return JSON.parse(outcome.kind === 'answered' ? outcome.payload : '') as number[][]
  }
  return { source, letters, faults, batches }
}
/** Notes each batch; then does what `then` says with the ids. */
const noting = (then: string): string =>
  `exports.handler = async (event) => { if (event === 'look') return batches; const ids = event.Records.map(({ id }) => id); batches.push(ids); ${then} }`
const fail = (condition: string): string =>
  noting(`if (${condition}) throw new Error('no'); return { batchItemFailures: [] }`)
const report = (id: number): string =>
  noting(`return { batchItemFailures: ids.includes(${id}) ? [{ itemIdentifier: '${id}' }] : [] }`)

const offerAll = async (source: EventSource, ids: number[]): Promise<void> => {
  for (const id of ids) source.offer(record(id))
  await source.idle()
}

it('records come in order and in batches, without those that the filter leaves out', async () => {
  const { source, batches, letters, faults } = sourceOf(fail('false'))
  await offerAll(source, [1, 99, 2, 3, 4])
  await offerAll(source, [5])
  expect(await batches()).toEqual([[1, 2, 3], [4], [5]])
  expect([letters, faults, source.isIdle]).toEqual([[], [], true])
})

it('a batch that fails comes again, so many times, and is then given up with a letter that names no item', async () => {
  const { source, batches, letters } = sourceOf(fail('ids.includes(2)'))
  await offerAll(source, [1, 2, 3, 4])
  expect(await batches()).toEqual([[1, 2, 3], [1, 2, 3], [1, 2, 3], [4]])
  expect(letters).toEqual([
    {
      destination: 'arn:aws:sqs:letters',
      function: expect.stringMatching(/^reader-/),
      condition: 'RetryAttemptsExhausted',
      batchSize: 3,
      startSequenceNumber: '1',
      endSequenceNumber: '3',
    },
  ])
})

it('with bisection the bad record is found and the others are not lost', async () => {
  const { source, letters } = sourceOf(fail('ids.includes(2)'), { bisects: true, batchSize: 4, retries: 3 })
  await offerAll(source, [1, 2, 3, 4])
  expect(letters).toMatchObject([{ batchSize: 1, startSequenceNumber: '2' }])
})

it('a partial failure brings back the first failed record and those after it, where the mapping says so', async () => {
  const partial = sourceOf(report(2), { retries: 1 })
  await offerAll(partial.source, [1, 2, 3])
  expect(await partial.batches()).toEqual([
    [1, 2, 3],
    [2, 3],
  ])
  const deaf = sourceOf(report(2), { reportsItems: false })
  await offerAll(deaf.source, [1, 2, 3])
  expect(await deaf.batches()).toEqual([[1, 2, 3]])
})
