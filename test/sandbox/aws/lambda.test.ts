import { Lambda } from '@aws-sdk/client-lambda'
import { LambdaService } from '../../../sandbox/aws/lambda.ts'
import { Ledger } from '../../../sandbox/iam/ledger.ts'
import { RoleGate } from '../../../sandbox/iam/role-gate.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { definitionOf, hostFixture } from '../support/fixture-functions.ts'
import { serviceEndpoint, type ServiceEndpoint } from '../support/service-endpoint.ts'

const { host, define } = hostFixture()
const ledger = new Ledger()
const NAME = 'arn:aws:lambda:eu-central-1:111122223333:function:rotate'
let endpoint: ServiceEndpoint
let lambda: Lambda
beforeAll(async () => {
  define('rotate', 'exports.handler = async (event) => event')
  define('closed', 'exports.handler = async (event) => event')
  const service = new LambdaService(host, (arn) => (arn === NAME ? '{"Statement":[]}' : undefined))
  const gate = new RoleGate({ ledger, clock: new ManualClock() })
  const caller = definitionOf('caller', ['lambda:GetPolicy', 'lambda:InvokeFunction'])
  endpoint = await serviceEndpoint({ service, caller, gate })
  lambda = new Lambda(endpoint.client)
})
afterAll(async () => {
  lambda.destroy()
  await endpoint.close()
})

describe('the policy on a function, by the stock client', () => {
  it.each(['rotate', NAME])('is told for %s', async (FunctionName) => {
    expect(await lambda.getPolicy({ FunctionName })).toMatchObject({ Policy: '{"Statement":[]}' })
  })

  it.each<[string, object, string, string]>([
    ['a function that there is not', { FunctionName: 'none' }, 'ResourceNotFoundException', 'Function not found'],
    [
      'a function without a policy',
      { FunctionName: 'closed' },
      'ResourceNotFoundException',
      'The resource you requested',
    ],
    [
      'an alias, which has none of its own',
      { FunctionName: 'rotate', Qualifier: 'live' },
      'ResourceNotFoundException',
      'The resource you requested',
    ],
    [
      'a function of another account',
      { FunctionName: NAME.replace('1111', '9999') },
      'AccessDeniedException',
      'lambda:GetPolicy',
    ],
  ])('is not told for %s', async (_, input, name, message) => {
    await expect(lambda.getPolicy(input as { FunctionName: string })).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message) as string,
    })
  })
})

it('a function of another account cannot be invoked, one that there is not neither', async () => {
  await expect(lambda.invoke({ FunctionName: NAME.replace('1111', '9999') })).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
  await expect(lambda.invoke({ FunctionName: 'none' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  const { Payload } = await lambda.invoke({ FunctionName: NAME, Payload: Buffer.from('{"a":1}') })
  expect(Buffer.from(Payload!).toString()).toBe('{"a":1}')
  expect(ledger.violations).toEqual([])
})
