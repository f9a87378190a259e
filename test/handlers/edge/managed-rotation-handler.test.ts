import { Printed } from '../support/printed.ts'
import type { RotationEvent } from '../../../lambda/core/ports/functions.ts'
import { managedRotationHandler } from '../../../lambda/handlers/edge/managed-rotation-handler.ts'
import { RotationError } from '../../../lambda/managed-rotation/rotation-error.ts'
import { lambdaContext } from '../support/proxy-event.ts'

let printed: Printed
beforeEach(() => (printed = new Printed()))
afterEach(() => jest.restoreAllMocks())

const event: RotationEvent = {
  Step: 'setSecret',
  SecretId: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf',
  ClientRequestToken: 'version',
  RotationToken: 'the-rotation-token',
}
const given: unknown[] = []
const rotating = (error?: Error) =>
  managedRotationHandler(async (told) => {
    given.push(told)
    if (error !== undefined) throw error
  })
beforeEach(() => (given.length = 0))

async function thrownBy(error: Error): Promise<Error> {
  const thrown: unknown = await rotating(error)(event, lambdaContext).catch((caught: unknown) => caught)
  if (!(thrown instanceof Error)) throw new Error('it did not throw')
  return thrown
}

test('passes the event on, and nothing else that it was given', async () => {
  await rotating()({ ...event, more: 1 }, lambdaContext)
  expect(given).toEqual([event])
  expect(printed.of('managed rotation')).toMatchObject([{ step: 'setSecret', resource: event.SecretId, outcome: 'ok' }])
  expect(printed.text).not.toContain('the-rotation-token')
})

test("throws managed rotation's own error by its name, without a stack: Lambda tells it to who has invoked", async () => {
  const thrown = await thrownBy(new RotationError('OldPasswordRefused', 'db.example.com refused the user app.'))
  expect([thrown.name, thrown.message]).toEqual(['OldPasswordRefused', 'db.example.com refused the user app.'])
  expect(thrown.stack).toBe('OldPasswordRefused: db.example.com refused the user app.')
  expect(printed.metrics).toEqual([])
})

test('of anything else only its kind gets out, and it is a fault', async () => {
  const thrown = await thrownBy(new TypeError('password hunter2'))
  expect(thrown.name).toBe('ManagedRotationFault')
  expect(thrown.message + String(thrown.stack) + printed.text).not.toContain('hunter2')
  expect(printed.metrics).toEqual(['Faults managed rotation setSecret'])
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['another step', { ...event, Step: 'create_secret' }],
  ['no secret', { ...event, SecretId: undefined }],
  ['no version', { ...event, ClientRequestToken: '' }],
  ['no token', { ...event, RotationToken: 5 }],
])('refuses an event with %s', async (_title, bad) => {
  await expect(rotating()(bad, lambdaContext)).rejects.toMatchObject({ name: 'BadEvent' })
  expect(given).toEqual([])
})
