import { createSecretsManager } from '../../../client/index.ts'
import { Disagreement, explain, mayHaveBeenDone } from '../../../tools/smoke/explain.ts'
import { CREDENTIALS, SESSION, SigningServer, type Answer } from '../../client/support/signing-server.ts'

/** What the stock client makes of an answer. */
async function errorFrom(
  answer: Answer,
  endpoint?: string,
): Promise<{ readonly error: unknown; readonly url: string }> {
  const server = await SigningServer.start({ answer: () => answer })
  const url = endpoint ?? server.url
  const client = createSecretsManager({
    endpoint: url,
    region: 'eu-central-1',
    credentials: CREDENTIALS,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1000 },
  })
  try {
    await client.listSecrets({})
    throw new Error('it was expected to fail')
  } catch (error) {
    return { error, url }
  } finally {
    client.destroy()
    await server.stop()
  }
}

const refusal = (code: string, message: string, status = 403): Answer => ({
  status,
  headers: { 'x-amzn-errortype': code },
  body: JSON.stringify({ message }),
})

describe('what went wrong is said with what to do about it', () => {
  it.each([
    ['AccessDeniedException', 'User: x is not authorized to perform: execute-api:Invoke', 'needs execute-api:Invoke'],
    [
      'AccessDeniedException',
      'User: x is not authorized to perform: secretsmanager:CreateSecret on resource: y because no identity-based policy allows it',
      'needs this action in its policies',
    ],
    ['MissingAuthenticationTokenException', 'Missing Authentication Token', 'must have the stage or base path in it'],
    ['ForbiddenException', 'Forbidden', 'must have the stage or base path in it'],
    ['UnrecognizedClientException', 'The security token is invalid.', 'AWS does not know these credentials'],
    ['ExpiredTokenException', 'The security token is expired', 'log in again'],
    // As our API Gateway words what it has no response of its own for.
    ['InvalidRequestException', 'The security token included in the request is invalid.', 'AWS does not know these'],
    ['InvalidSignatureException', "Credential should be scoped to a valid region, not 'x'.", 'with --region'],
    ['InvalidSignatureException', "Credential should be scoped to correct service: 'x'.", 'not an API with IAM auth'],
    ['InvalidSignatureException', 'It does not match.', 'the clock of this machine is wrong'],
  ])('%s: %s', async (code, message, hint) => {
    const { error, url } = await errorFrom(refusal(code, message))
    const said = explain(error, url)
    expect(said).toContain(hint)
    expect(said).toContain(`${code}: ${message.replace(/\.$/, '')} (HTTP 403)`)
    expect(mayHaveBeenDone(error)).toBe(false)
  })

  it('an error without a hint is told as it is', async () => {
    const { error, url } = await errorFrom(refusal('LimitExceededException', 'Too many.', 400))
    expect(explain(error, url)).toBe('LimitExceededException: Too many (HTTP 400)')
  })

  it('a server error is told, and the request may have been carried out', async () => {
    const { error, url } = await errorFrom(refusal('InternalServiceError', 'An error occurred.', 500))
    expect(explain(error, url)).toBe('InternalServiceError: An error occurred (HTTP 500)')
    expect(mayHaveBeenDone(error)).toBe(true)
  })

  it('what API Gateway says after a wrong signature ends before the session token', async () => {
    const token = SESSION.sessionToken ?? ''
    const message = `It does not match.\n\nThe Canonical String should have been\n'x-amz-security-token:${token}'`
    const { error, url } = await errorFrom(refusal('InvalidSignatureException', message))
    expect(error).toMatchObject({ message: expect.stringContaining(token) as string })
    expect(explain(error, url)).not.toContain(token)
  })

  it('a page that is not Coffer is not shown', async () => {
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>hello</p>' }
    const { error, url } = await errorFrom(page)
    const said = explain(error, url)
    expect(said).toContain('does not answer as Coffer does: is the URL right?')
    expect(said).not.toContain('hello')
    expect(mayHaveBeenDone(error)).toBe(false)
  })

  it('neither is a page that says that there is none', async () => {
    const page = { status: 404, headers: { 'content-type': 'text/html' }, body: '<p>hello</p>' }
    const { error, url } = await errorFrom(page)
    expect(explain(error, url)).not.toContain('hello')
    expect(mayHaveBeenDone(error)).toBe(false)
  })

  it.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://coffer.invalid'])('%s is nobody', async (endpoint) => {
    const { error } = await errorFrom({ status: 200, body: '{}' }, endpoint)
    expect(explain(error, endpoint)).toContain(`${endpoint} cannot be reached`)
    expect(mayHaveBeenDone(error)).toBe(false)
  })

  it('an answer that is not as expected is told in our words', () => {
    const error = new Disagreement('the tag is not there')
    expect([explain(error, 'https://a'), mayHaveBeenDone(error)]).toEqual(['the tag is not there', true])
  })
})
