import { SNS, type PublishCommandInput } from '@aws-sdk/client-sns'
import { SnsService } from '../../../../sandbox/aws/sns/service.ts'
import { readTopic } from '../../../../sandbox/aws/sns/topic.ts'
import { Ledger } from '../../../../sandbox/iam/ledger.ts'
import { RoleGate } from '../../../../sandbox/iam/role-gate.ts'
import { entropy } from '../../../support/keyring-fixture.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { definitionOf } from '../../support/fixture-functions.ts'
import { resolverOf } from '../../support/fixture-stack.ts'
import { serviceEndpoint } from '../../support/service-endpoint.ts'

const closing: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})
const tls = {
  Type: 'AWS::SNS::TopicPolicy',
  Properties: {
    Topics: [{ Ref: 'Topic' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: { Ref: 'Topic' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  },
}
const closed = (Statement: object) => ({
  ...tls,
  Properties: { ...tls.Properties, PolicyDocument: { Version: '2012-10-17', Statement: [Statement] } },
})
const topicOf = (Policy: object = tls, properties: object = {}) => {
  const resolver = resolverOf({
    Resources: {
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'events', ...properties } },
      Policy: Policy as typeof tls,
    },
  })
  return readTopic(resolver, resolver.resources('AWS::SNS::Topic')[0]!)
}

async function setting(policy: object = tls, actions = ['sns:Publish']) {
  const clock = new ManualClock()
  const ledger = new Ledger()
  const topic = topicOf(policy)
  const service = new SnsService({ topics: [topic], clock, entropy })
  const gate = new RoleGate({ ledger, clock })
  const endpoint = await serviceEndpoint({ service, caller: definitionOf('teller', actions), gate })
  const client = new SNS(endpoint.client)
  closing.push(() => client.destroy(), endpoint.close)
  const publish = (more: Partial<PublishCommandInput> = {}) =>
    client.publish({ TopicArn: topic.arn, Message: 'hello', ...more })
  return { service, ledger, clock, publish }
}

describe('publishing, by the stock client', () => {
  it('keeps the message with its subject and attributes', async () => {
    const { service, publish, clock, ledger } = await setting()
    const { MessageId } = await publish({
      Subject: 'RotationFailed',
      MessageAttributes: {
        event: { DataType: 'String', StringValue: 'x' },
        severity: { DataType: 'String', StringValue: 'y' },
      },
    })
    expect(MessageId).toMatch(/^[0-9a-f-]{36}$/)
    expect(service.messages).toEqual([
      {
        topic: 'events',
        region: 'eu-central-1',
        at: clock.now(),
        publisher: 'teller',
        subject: 'RotationFailed',
        message: 'hello',
        attributes: { event: 'x', severity: 'y' },
      },
    ])
    expect(ledger.violations).toEqual([])
  })

  it.each<[string, Partial<PublishCommandInput>, string]>([
    ['a topic that there is not', { TopicArn: 'arn:aws:sns:eu-central-1:111122223333:none' }, 'NotFoundException'],
    ['an empty message', { Message: '' }, 'InvalidParameterException'],
    ['a message of over 256 KiB', { Message: 'x'.repeat(262_145) }, 'InvalidParameterException'],
    ['a subject of two lines', { Subject: 'a\nb' }, 'InvalidParameterException'],
    ['a subject of over 100', { Subject: 'x'.repeat(101) }, 'InvalidParameterException'],
    [
      'an attribute without a value',
      { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
      'InvalidParameterValueException',
    ],
  ])('%s is refused', async (_, more, name) => {
    const { service, publish } = await setting()
    await expect(publish(more)).rejects.toMatchObject({ name })
    expect(service.messages).toEqual([])
  })
})

describe('who may publish', () => {
  it('nobody whose role does not say so', async () => {
    const { publish, ledger } = await setting(tls, ['sns:Subscribe'])
    await expect(publish()).rejects.toMatchObject({ name: 'AuthorizationErrorException' })
    expect(ledger.violations).toMatchObject([{ function: 'teller', action: 'sns:Publish' }])
  })

  it('nobody whom the topic’s policy denies', async () => {
    const { publish } = await setting(closed({ Effect: 'Deny', Principal: '*', Action: 'sns:*', Resource: '*' }))
    await expect(publish()).rejects.toMatchObject({ name: 'AuthorizationErrorException' })
  })

  it('also who is let in by the topic’s policy alone', async () => {
    const Principal = { AWS: 'arn:aws:iam::111122223333:role/test/teller' }
    const { publish } = await setting(closed({ Effect: 'Allow', Principal, Action: 'sns:Publish', Resource: '*' }), [])
    await publish()
  })
})

it('a topic with a customer’s key is not known', () => {
  expect(topicOf(tls, { KmsMasterKeyId: 'arn:aws:kms:eu-central-1:111122223333:alias/aws/sns' }).isEncrypted).toBe(true)
  expect(() => topicOf(tls, { KmsMasterKeyId: 'mine' })).toThrow('alias/aws/sns')
})
