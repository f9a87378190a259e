import { Printed } from '../support/printed.ts'
import type { TaskInput } from '../../../lambda/core/rotation/workflow.ts'
import { rotationWorkerHandler } from '../../../lambda/handlers/edge/rotation-worker-handler.ts'
import { lambdaContext } from '../support/proxy-event.ts'

let printed: Printed
beforeEach(() => (printed = new Printed()))
afterEach(() => jest.restoreAllMocks())

const execution = { account: '123456789012', region: 'eu-west-1', name: 'db', suffix: 'AbCdEf', run: 3 }
const event = { execution, task: 'step', step: 'setSecret', executor: 'arn:execution' }

const given: TaskInput[] = []
const worker = (answer: { outcome: string; waitSeconds?: number } | Error, fault?: Error) =>
  rotationWorkerHandler({
    tasks: (noteFault) => async (input) => {
      given.push(input)
      if (fault) noteFault(fault)
      if (answer instanceof Error) throw answer
      return answer
    },
    account: '123456789012',
    region: 'eu-west-1',
  })
beforeEach(() => (given.length = 0))

test('carries out the task, and answers with an outcome and a number of seconds alone', async () => {
  const more = { outcome: 'ok', token: 'secret' }
  expect(await worker(more)(event, lambdaContext)).toEqual({ outcome: 'ok', waitSeconds: 0 })
  expect(given).toEqual([{ ...execution, task: 'step', step: 'setSecret', executor: 'arn:execution' }])
  expect(
    await worker({ outcome: 'retry', waitSeconds: 60 })({ ...event, task: 'fail', step: undefined }, lambdaContext),
  ).toEqual({
    outcome: 'retry',
    waitSeconds: 60,
  })
})

test('has one line in the log for it', async () => {
  await worker({ outcome: 'failed' })(event, lambdaContext)
  const [{ latencyMs, ...line } = {}] = printed.of('rotation')
  expect(latencyMs).toEqual(expect.any(Number))
  expect(line).toMatchObject({ task: 'step', step: 'setSecret', resource: 'db', run: 3, outcome: 'failed' })
  expect(printed.text).not.toContain('arn:execution')
})

test('what breaks is in the log, and Step Functions is told that it broke and no more', async () => {
  const fault = Object.assign(new Error('password hunter2'), { name: 'Error' })
  await expect(worker(fault)(event, lambdaContext)).rejects.toThrow(
    `the task setSecret broke: the log of request ${lambdaContext.awsRequestId} says why`,
  )
  expect(printed.metrics).toEqual(['Faults rotation setSecret'])
  expect(printed.text).not.toContain('hunter2')
})

test('what goes wrong inside is noted, and the task has its outcome', async () => {
  expect(await worker({ outcome: 'ok' }, new Error('no event'))(event, lambdaContext)).toMatchObject({ outcome: 'ok' })
  expect(printed.metrics).toEqual(['Faults rotation setSecret'])
})

test('takes an execution over where it is told to', async () => {
  await worker({ outcome: 'ok' })({ ...event, execution: { ...execution, takeOver: true } }, lambdaContext)
  expect(given).toMatchObject([{ takeOver: true }])
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no task', { ...event, task: undefined }],
  ['an unknown task', { ...event, task: 'toString' }],
  ['an unknown step', { ...event, step: 'dropSecret' }],
  ['a step that is missing', { ...event, step: undefined }],
  ['a step where there is none', { ...event, task: 'begin' }],
  ['no executor', { ...event, executor: '' }],
  ['no execution', { ...event, execution: undefined }],
  ['a run that is none', { ...event, execution: { ...execution, run: '3' } }],
  ['a takeOver that is none', { ...event, execution: { ...execution, takeOver: 'yes' } }],
  ['another account', { ...event, execution: { ...execution, account: '210987654321' } }],
  ['another Region', { ...event, execution: { ...execution, region: 'us-east-1' } }],
])('refuses %s', async (_title, bad) => {
  await expect(worker({ outcome: 'ok' })(bad, lambdaContext)).rejects.toMatchObject({ name: 'WorkerProblem' })
  expect(given).toEqual([])
})
