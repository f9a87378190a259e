import { LambdaFailure, readFunctionPolicy } from '../../../../lambda/adapters/aws/functions/function-policy.ts'
import { signedEndpoint, withCredentials } from '../../../support/signed-endpoint.ts'

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:rotate'

let lambda: Awaited<ReturnType<typeof signedEndpoint>>
const pauses: number[] = []
const read = (arn = ARN) =>
  readFunctionPolicy({
    region: 'eu-west-1',
    endpoint: lambda.endpoint,
    pause: async (milliseconds) => void pauses.push(milliseconds),
  })(arn)
beforeEach(async () => {
  lambda = await signedEndpoint()
  pauses.length = 0
  withCredentials()
})
afterEach(() => {
  jest.restoreAllMocks()
  lambda.close()
})

test('asks Lambda for the policy of the function, signed', async () => {
  lambda.answers.push({ status: 200, body: '{"Policy":"{\\"Version\\":\\"2012-10-17\\"}","RevisionId":"r"}' })
  expect(await read()).toEqual({ kind: 'text', text: '{"Version":"2012-10-17"}' })
  const { method, url, headers } = lambda.asked[0]!
  expect([method, url]).toEqual(['GET', `/2015-03-31/functions/${encodeURIComponent(ARN)}/policy`])
  expect(headers.authorization).toMatch(/Credential=ASIATESTTESTTESTTEST\/\d{8}\/eu-west-1\/lambda\/aws4_request/)
  expect(headers['x-amz-security-token']).toBe('a-token')
})

test('a version or an alias has a policy of its own', async () => {
  lambda.answers.push({ status: 200 })
  await read(`${ARN}:live`)
  await read(`${ARN}:$LATEST`)
  expect(lambda.asked.map(({ url }) => url.split('?')[1])).toEqual(['Qualifier=live', undefined])
})

test.each([
  ['no function', 404, `{"Message":"Function not found: ${ARN}"}`, 'missing'],
  ['a function without a policy', 404, '{"Message":"The resource you requested does not exist."}', 'none'],
  ['one that we may not look at', 403, '{"Message":"no"}', 'denied'],
])('tells %s', async (_title, status, body, kind) => {
  lambda.answers.push({ status, body })
  expect(await read()).toEqual({ kind })
  expect(lambda.asked).toHaveLength(1)
})

test('an answer that makes no sense is no policy', async () => {
  lambda.answers.push({ status: 200, body: 'not json' })
  expect(await read()).toEqual({ kind: 'text', text: '' })
})

test('what may pass is tried again, three times', async () => {
  lambda.answers.push({ status: 429 }, { status: 0 }, { status: 403 })
  expect(await read()).toEqual({ kind: 'denied' })
  expect(pauses).toEqual([100, 200])
  lambda.answers.length = 0
  lambda.answers.push({ status: 503 })
  await expect(read()).rejects.toThrow(LambdaFailure)
  expect(lambda.asked).toHaveLength(6)
})

test('a refusal of the request itself is a fault, without a word of the answer', async () => {
  lambda.answers.push({ status: 400, body: '{"Message":"anything"}' })
  await expect(read()).rejects.toThrow('Lambda refuses to tell the policy of a function: 400')
})
