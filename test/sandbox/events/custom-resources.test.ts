import { CustomResources } from '../../../sandbox/events/custom-resources.ts'
import { entropy } from '../../support/keyring-fixture.ts'
import { hostFixture } from '../support/fixture-functions.ts'
import { resolverOf } from '../support/fixture-stack.ts'

const { host, define } = hostFixture()
const faults: unknown[] = []
const customResources = new CustomResources({ host, entropy, onFault: (fault) => faults.push(fault) })
beforeAll(() => customResources.start())
afterAll(() => customResources.stop())

function create(name: string, code: string) {
  const { arn } = define(name, code)
  const Properties = { ServiceToken: arn, Count: 3, On: true, List: [{ Ref: 'AWS::Region' }] }
  const resolver = resolverOf({ Resources: { Mine: { Type: 'Custom::Mine', Properties } } })
  return customResources.create(resolver, resolver.stack.resources.get('Mine')!)
}
const answering = (answer: string): string =>
  `exports.handler = async (event) => { await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(${answer}) }) }`

it('is told of a creation as CloudFormation tells it, and its answer is taken', async () => {
  const { physicalId, data } = await create(
    'good',
    answering(`{ Status: 'SUCCESS', PhysicalResourceId: 'id', Data: { event } }`),
  )
  expect(physicalId).toBe('id')
  expect(data.event).toEqual({
    RequestType: 'Create',
    ServiceToken: expect.stringMatching(/:function:good$/),
    ResponseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
    StackId: expect.stringMatching(/^arn:aws:cloudformation:eu-central-1:111122223333:stack\/Stack\//),
    RequestId: expect.any(String),
    LogicalResourceId: 'Mine',
    ResourceType: 'Custom::Mine',
    ResourceProperties: { ServiceToken: expect.any(String), Count: '3', On: 'true', List: ['eu-central-1'] },
  })
  expect(faults).toEqual([])
})

it('fails the start when it fails', async () => {
  await expect(create('bad', answering(`{ Status: 'FAILED', Reason: 'no table' }`))).rejects.toThrow(
    'Mine failed: no table',
  )
  await expect(create('thrower', 'exports.handler = async () => { throw new Error("gone") }')).rejects.toThrow('gone')
})
