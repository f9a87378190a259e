import { sameAccountOnly } from '../../lambda/auth/authorizer.ts'
import { answerExplain, ExplainProblem, parseExplainRequest } from '../../lambda/protocol/explain-call.ts'
import type { WireRequest } from '../../lambda/protocol/wire.ts'
import { makeCoffer, ORIGIN, principalOf } from '../support/coffer.ts'

const requestOf = (body: unknown): WireRequest => ({
  method: 'POST',
  target: undefined,
  contentType: 'application/json',
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  principal: principalOf('123456789012'),
  origin: ORIGIN,
  region: 'us-east-1',
  requestId: 'r',
})
const ALICE = 'arn:aws:iam::123456789012:user/alice'

describe('a call of explain', () => {
  it('is understood with all of its members', () => {
    const context = { 'aws:SourceIp': '192.0.2.1', 'aws:TagKeys': ['a', 'b'], 'aws:Referer': null }
    const body = {
      principal: ALICE,
      action: 'secretsmanager:getsecretvalue',
      secret: 'a',
      region: 'eu-west-1',
      context,
    }
    expect(parseExplainRequest('explain', requestOf(body))).toEqual({
      principal: ALICE,
      subject: {
        action: 'GetSecretValue',
        secretId: 'a',
        home: { account: '123456789012', region: 'eu-west-1' },
        given: context,
      },
    })
  })

  it.each([
    ['no JSON', '{'],
    ['a list', []],
    ['a member that there is not', { principal: ALICE, action: 'GetSecretValue', secrets: 'a' }],
    ['an action of another service', { principal: ALICE, action: 's3:GetObject' }],
    ['no action', { principal: ALICE }],
    ['no principal', { action: 'GetSecretValue' }],
    ['a secret that is no text', { principal: ALICE, action: 'GetSecretValue', secret: 1 }],
    ['a context that is no object', { principal: ALICE, action: 'GetSecretValue', context: 'x' }],
    ['a key with a number', { principal: ALICE, action: 'GetSecretValue', context: { a: 1 } }],
    ['a key with a list of numbers', { principal: ALICE, action: 'GetSecretValue', context: { a: [1] } }],
  ])('is refused with %s', (_, body) => {
    expect(() => parseExplainRequest('explain', requestOf(body))).toThrow(ExplainProblem)
  })

  it('about a principal or a secret name that cannot be is answered by an error, not by a fault', async () => {
    const coffer = makeCoffer({ authorizer: sameAccountOnly })
    const parsed = parseExplainRequest(
      'explain',
      requestOf({ principal: ALICE, action: 'GetSecretValue', secret: 'a' }),
    )
    expect(await answerExplain(coffer.services, 'explain', parsed)).toMatchObject({
      status: 400,
      headers: { 'x-amzn-errortype': 'NoSuchEntity' },
    })
    const whoCan = parseExplainRequest('whoCan', requestOf({ action: 'GetSecretValue', secret: 'a b' }))
    expect(await answerExplain(coffer.services, 'whoCan', whoCan)).toMatchObject({
      status: 400,
      headers: { 'x-amzn-errortype': 'ValidationException' },
    })
    coffer.close()
  })
})
