import { signRequest } from '../../../local/sigv4/sign.ts'
import { CallCounts } from '../../../sandbox/aws/call-counts.ts'
import { Faults, readFault } from '../../../sandbox/aws/faults.ts'
import { AwsProxy } from '../../../sandbox/aws/proxy.ts'
import { jsonError, type AwsService, type Need } from '../../../sandbox/aws/service.ts'
import type { FunctionHost } from '../../../sandbox/functions/function-host.ts'
import { Ledger } from '../../../sandbox/iam/ledger.ts'
import { readPolicy } from '../../../sandbox/iam/policy-document.ts'
import { definitionOf } from '../support/fixture-functions.ts'
import { REGION } from '../support/fixture-stack.ts'

const credentials = { accessKeyId: 'ASIATESTTESTTESTTEST', secretAccessKey: 'secret', sessionToken: 'token' }
const definition = definitionOf('reader', ['kms:Decrypt', 'kms:Encrypt'])

function proxyOf(needs: readonly Need[]) {
  const service: AwsService = {
    signingName: 'kms',
    operations: ['Known'],
    actionPrefix: 'kms',
    deniedStatus: 400,
    error: (status, code, message) => jsonError(status, code, message, { contentType: 'application/x-amz-json-1.1' }),
    read: ({ headers }) =>
      headers['x-amz-target'] === 'Known'
        ? {
            name: 'Known',
            needs,
            perform: () => Promise.resolve({ status: 200, headers: {}, body: 'done', readUnits: 2 }),
          }
        : undefined,
  }
  const [ledger, counts, faults] = [new Ledger(), new CallCounts(), new Faults()]
  ledger.watch(
    definition.name,
    REGION,
    definition.role.policies.flatMap(({ grants }) => grants),
  )
  const host = {
    holderOf: (id: string) =>
      id === credentials.accessKeyId ? { definition, worker: { credentials, requestId: 'event-1' } } : undefined,
  }
  const proxy = new AwsProxy({
    services: [service],
    host: host as unknown as FunctionHost,
    ledger,
    counts,
    faults,
    clock: { now: () => Date.now() },
  })
  return { proxy, ledger, counts, faults }
}
interface Call {
  readonly target?: string
  readonly service?: string
  readonly region?: string
  readonly as?: typeof credentials
}
function call(proxy: AwsProxy, { target = 'Known', service = 'kms', region = REGION, as = credentials }: Call = {}) {
  const headers = signRequest(
    { method: 'POST', url: '/', headers: { host: 'h', 'x-amz-target': target }, body: '{}' },
    as,
    { region, service, time: Date.now() },
  )
  return proxy.answer({
    method: 'POST',
    url: '/',
    headers,
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from('{}'),
  })
}
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/k'
const policyOf = (...statements: object[]) =>
  readPolicy({ Version: '2012-10-17', Statement: statements }, 'key policy', 'key')
const about = (Principal: unknown, Effect = 'Allow') => ({ Effect, Principal, Action: 'kms:*', Resource: '*' })
const keyPolicy = (Principal: unknown) => () => policyOf(about(Principal))
const root = { AWS: 'arn:aws:iam::111122223333:root' }
const me = { AWS: definition.role.arn }

it('a call that the role allows is performed, counted for its invocation, and its grant is used', async () => {
  const { proxy, ledger, counts } = proxyOf([{ action: 'kms:Decrypt', resource: KEY }])
  expect(await call(proxy)).toMatchObject({ status: 200, body: 'done' })
  counts.invoked({ function: 'reader', region: REGION, requestId: 'event-1' }, false)
  expect(counts.functions).toEqual({
    reader: {
      invocations: 1,
      errors: 0,
      operations: { 'kms:Known': { calls: 1, failures: 0, readUnits: 2, writeUnits: 0 } },
    },
  })
  expect(counts.invocations).toMatchObject([{ requestId: 'event-1', calls: [{ operation: 'kms:Known', status: 200 }] }])
  expect(ledger.violations).toEqual([])
  expect(ledger.unusedGrants.map(({ action }) => action)).toEqual(['kms:Encrypt'])
})

it('a call that the role does not allow is refused in the words of AWS, and is a violation', async () => {
  const { proxy, ledger } = proxyOf([
    { action: 'kms:Decrypt', resource: KEY },
    { action: 'kms:Sign', resource: KEY },
  ])
  const answer = await call(proxy)
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toMatchObject({
    __type: 'AccessDeniedException',
    message: `User: arn:aws:sts::111122223333:assumed-role/reader/reader is not authorized to perform: kms:Sign on resource: ${KEY} because no identity-based policy allows the kms:Sign action`,
  })
  expect(ledger.violations).toEqual([
    {
      function: 'reader',
      region: REGION,
      action: 'kms:Sign',
      resource: KEY,
      reason: 'because no identity-based policy allows the kms:Sign action',
      role: { logicalId: 'Role', stack: 'Stack' },
    },
  ])
})

describe('the policy of a key', () => {
  const reasonFor = async (action: string, resourcePolicy: Need['resourcePolicy']): Promise<string | undefined> => {
    const { proxy, ledger } = proxyOf([{ action, resource: KEY, resourcePolicy: resourcePolicy! }])
    await call(proxy)
    return ledger.violations[0]?.reason
  }
  it('that leaves it to the account needs the role to allow it too', async () => {
    expect(await reasonFor('kms:Decrypt', keyPolicy(root))).toBeUndefined()
    expect(await reasonFor('kms:Sign', keyPolicy(root))).toContain('no identity-based policy')
  })
  it('that names the role is enough by itself', async () => {
    expect(await reasonFor('kms:Sign', keyPolicy(me))).toBeUndefined()
  })
  it('that names neither refuses what the role allows', async () => {
    expect(await reasonFor('kms:Decrypt', keyPolicy({ AWS: 'arn:aws:iam::111122223333:role/other' }))).toContain(
      'no resource-based policy',
    )
  })
  it('that denies wins', async () => {
    expect(await reasonFor('kms:Decrypt', () => policyOf(about(root), about('*', 'Deny')))).toContain(
      'explicit deny in a resource-based policy',
    )
  })
  it('that cannot be judged refuses, and says why', async () => {
    const policy = (Condition: object) => () => policyOf({ ...about('*'), Condition })
    expect(await reasonFor('kms:Decrypt', policy({ Odd: { 'aws:userid': 'b' } }))).toContain(
      'Condition.Odd: there is no such condition operator',
    )
    expect(await reasonFor('kms:Decrypt', policy({ StringEquals: { 'kms:Odd': 'b' } }))).toContain('key kms:Odd')
  })
})

it.each<[string, Call, string]>([
  [
    'no function’s credentials',
    { as: { ...credentials, accessKeyId: 'ASIAOTHEROTHEROTHERX' } },
    'without the credentials',
  ],
  ['a wrong secret', { as: { ...credentials, secretAccessKey: 'other' } }, 'signature'],
  ['a wrong session token', { as: { ...credentials, sessionToken: 'other' } }, 'signature'],
  ['another Region', { region: 'us-west-2' }, 'signature'],
  ['an unknown service', { service: 's3' }, 'does not have this service'],
  ['an unknown operation', { target: 'Unknown' }, 'does not have this operation'],
])('a call with %s is a violation', async (_, sent, reason) => {
  const { proxy, ledger } = proxyOf([])
  expect(await call(proxy, sent)).toMatchObject({ status: 400 })
  expect(ledger.violations).toMatchObject([{ reason: expect.stringContaining(reason) }])
})

it('a fault answers instead of the service, for as many calls as it says and only those it is meant for', async () => {
  const { proxy, faults } = proxyOf([])
  const targets = {
    services: new Map([
      ['kms', ['Known']],
      ['dynamodb', []],
    ]),
    functions: ['reader', 'somebody-else'],
  }
  const add = (fault: object): void => faults.add(readFault(fault, targets))
  add({ service: 'dynamodb', code: 'Other' })
  add({ service: 'kms', operation: 'Known', code: 'ThrottlingException', status: 429, count: 1 })
  expect(await call(proxy)).toMatchObject({ status: 429, headers: { 'x-amzn-errortype': 'ThrottlingException' } })
  expect(await call(proxy)).toMatchObject({ status: 200 })
  add({ service: 'kms', function: 'somebody-else', code: 'X' })
  expect(await call(proxy)).toMatchObject({ status: 200 })
  add({ service: 'kms', code: 'X' })
  faults.clear()
  expect(await call(proxy)).toMatchObject({ status: 200 })
})
