import { snsEvents } from '../../../lambda/adapters/aws/sns-events.ts'
import type { ServiceEvent } from '../../../lambda/core/ports/events.ts'
import { signedEndpoint, withCredentials } from '../../support/signed-endpoint.ts'

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:coffer-events'
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-AbCdEf'
const event: ServiceEvent = {
  name: 'RotationFailed',
  secret: { account: '123456789012', region: 'eu-west-1', name: 'team/db' },
  secretArn: ARN,
  at: Date.parse('2026-03-01T10:20:30.456Z'),
  id: '11111111-2222-4333-8444-555555555555',
  requestId: `Rotation-${ARN}-v`,
  versionId: 'v',
  errorMessage: 'Error when executing lambda f during setSecret step',
  step: 'setSecret',
  attempt: 2,
  diagnosis: 'Look at the database.',
  retryAt: Date.parse('2026-03-01T10:25:00Z'),
}

let sns: Awaited<ReturnType<typeof signedEndpoint>>
const faults: unknown[] = []
const pauses: number[] = []
const tell = (told: ServiceEvent = event) =>
  snsEvents({
    topicArn: TOPIC,
    region: 'eu-west-1',
    endpoint: sns.endpoint,
    noteFault: (fault) => faults.push(fault),
    pause: async (milliseconds) => void pauses.push(milliseconds),
  }).tell(told)
beforeEach(async () => {
  sns = await signedEndpoint()
  faults.length = pauses.length = 0
  withCredentials()
})
afterEach(() => {
  jest.restoreAllMocks()
  sns.close()
})

test('publishes the record of the event, with what subscriptions are filtered by', async () => {
  await tell()
  const { method, url, headers, body } = sns.asked[0]!
  expect([method, url]).toEqual(['POST', '/'])
  expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
  expect(headers.authorization).toMatch(/\/eu-west-1\/sns\/aws4_request/)
  const { Message = '', ...form } = Object.fromEntries(new URLSearchParams(body))
  expect(form).toEqual({
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: TOPIC,
    Subject: 'RotationFailed: team/db',
    'MessageAttributes.entry.1.Name': 'event',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'RotationFailed',
    'MessageAttributes.entry.2.Name': 'severity',
    'MessageAttributes.entry.2.Value.DataType': 'String',
    'MessageAttributes.entry.2.Value.StringValue': 'error',
    'MessageAttributes.entry.3.Name': 'secret',
    'MessageAttributes.entry.3.Value.DataType': 'String',
    'MessageAttributes.entry.3.Value.StringValue': 'team/db',
  })
  // The shape of CloudTrail's service events.
  expect(JSON.parse(Message)).toEqual({
    eventVersion: '1.08',
    userIdentity: { accountId: '123456789012', invokedBy: 'secretsmanager.amazonaws.com' },
    eventTime: '2026-03-01T10:20:30Z',
    eventSource: 'secretsmanager.amazonaws.com',
    eventName: 'RotationFailed',
    awsRegion: 'eu-west-1',
    sourceIPAddress: 'secretsmanager.amazonaws.com',
    userAgent: 'secretsmanager.amazonaws.com',
    errorMessage: 'Error when executing lambda f during setSecret step',
    requestParameters: null,
    responseElements: null,
    additionalEventData: {
      SecretId: ARN,
      SecretName: 'team/db',
      SecretVersionId: 'v',
      Step: 'setSecret',
      Attempt: 2,
      Diagnosis: 'Look at the database.',
      RetryTime: '2026-03-01T10:25:00Z',
    },
    requestID: `Rotation-${ARN}-v`,
    eventID: '11111111-2222-4333-8444-555555555555',
    readOnly: false,
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: '123456789012',
    eventCategory: 'Management',
  })
})

test('a long name is cut in the subject alone', async () => {
  const name = 'n'.repeat(512)
  await tell({ ...event, name: 'RotationStarted', secret: { ...event.secret, name } })
  const form = new URLSearchParams(sns.asked[0]!.body)
  expect(form.get('Subject')).toHaveLength(100)
  expect(form.get('MessageAttributes.entry.3.Value.StringValue')).toBe(name)
  expect(form.get('MessageAttributes.entry.2.Value.StringValue')).toBe('info')
})

test('what may pass is tried again', async () => {
  sns.answers.push({ status: 503 }, { status: 400, body: '<Code>Throttled</Code>' }, { status: 200 })
  await tell()
  expect([sns.asked.length, pauses, faults]).toEqual([3, [100, 200], []])
})

test.each([
  ['an SNS that is down', 503, 3, 'SNS was not told of RotationFailed of ' + ARN + ': 503'],
  ['a socket that breaks', 0, 3, 'no answer'],
  ['a refusal', 403, 1, '403'],
])('%s is a fault for the log, and does not throw', async (_title, status, attempts, message) => {
  sns.answers.push({ status })
  await tell()
  expect(sns.asked).toHaveLength(attempts)
  expect(faults).toEqual([expect.objectContaining({ name: 'UntoldEvent', message: expect.stringContaining(message) })])
})
