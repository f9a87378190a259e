import { answerRotationCall, type RotationCall, type RotationCallPlace } from '../../lambda/protocol/rotation-call.ts'
import type { WireRequest } from '../../lambda/protocol/wire.ts'
import { ACCOUNT, makeCoffer, ORIGIN, principalOf, REGION, token, type Coffer } from '../support/coffer.ts'
import { functionArn, goodFunction, walk } from '../support/rotation-walk.ts'

const ARN = functionArn('rotate')
let coffer: Coffer
let secret: string
beforeEach(async () => {
  coffer = makeCoffer()
  coffer.functions.byArn.set(ARN, goodFunction(coffer))
  secret = String((await coffer.call('CreateSecret', { Name: 'db', SecretString: 'old' })).ARN)
  await coffer.call('RotateSecret', { SecretId: 'db', ClientRequestToken: token('t'), RotationLambdaARN: ARN })
})
afterEach(() => coffer.close())

async function call(
  name: RotationCall,
  body: unknown,
  { place = {}, request = {} }: { place?: Partial<RotationCallPlace>; request?: Partial<WireRequest> } = {},
) {
  const wire: WireRequest = {
    method: 'POST',
    target: undefined,
    contentType: 'application/json',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    principal: principalOf(ACCOUNT),
    origin: ORIGIN,
    region: REGION,
    requestId: 'r',
    ...request,
  }
  const { body: answer, ...response } = await answerRotationCall({ services: coffer.services, ...place }, name, wire)
  return { ...response, answer: JSON.parse(answer) as Record<string, unknown> }
}

describe('a call about a rotation', () => {
  it('is answered in JSON, and its line in the log names the secret', async () => {
    expect(await call('show', { secret: 'db' })).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      answer: { secret, name: 'db', running: { state: 'requested', versionId: token('t') } },
      report: { operation: 'ShowRotation', resource: secret },
    })
    expect(await call('abort', { secret })).toMatchObject({
      answer: { secret, versionId: token('t') },
      report: { operation: 'AbortRotation', resource: secret },
    })
  })

  it('to resume is refused by the core, in its words', async () => {
    const stored = await coffer.store.load({ account: ACCOUNT, region: REGION, name: 'db' })
    if (stored) await walk(coffer, stored.head)
    expect(await call('resume', { secret: 'db' })).toMatchObject({
      status: 400,
      headers: { 'x-amzn-errortype': 'InvalidRequestException' },
      answer: { __type: 'InvalidRequestException', Message: expect.stringContaining('nothing to resume') as string },
      report: { operation: 'ResumeRotation', code: 'InvalidRequestException' },
    })
  })

  it.each([
    ['no JSON', '{', 'The body must be JSON'],
    ['no object', [], 'The body must be a JSON object'],
    ['no secret', {}, 'secret must be the name or the ARN'],
    ['a secret that is no text', { secret: 1 }, 'secret must be the name or the ARN'],
    ['an empty secret', { secret: '' }, 'secret must be the name or the ARN'],
    ['a secret that is too long', { secret: 'a'.repeat(2049) }, 'secret must be the name or the ARN'],
    ['a member that there is not', { secret: 'db', force: true }, 'There is no member "force"'],
    ['a Region that is none', { secret: 'db', region: '../x' }, 'region must be the name of a Region'],
    ['a Region that is no text', { secret: 'db', region: 1 }, 'region must be the name of a Region'],
    ['a name that is none', { secret: 'a b' }, 'Invalid name'],
  ])('with %s is refused and says what was expected', async (_, body, message) => {
    expect(await call('show', body)).toMatchObject({
      status: 400,
      answer: { __type: 'ValidationException', Message: expect.stringContaining(message) as string },
    })
  })

  it('with two Regions is refused', async () => {
    expect((await call('show', { secret, region: 'eu-west-1' })).answer.Message).toBe(
      'region is eu-west-1, but the ARN is of a secret in us-east-1.',
    )
  })

  it('goes to the Region that is given, else that of the ARN, else that of the signature', async () => {
    const request = { region: 'eu-west-1' }
    expect((await call('show', { secret: 'db' }, { request })).status).toBe(400)
    expect((await call('show', { secret: 'db', region: REGION }, { request })).status).toBe(200)
    expect((await call('show', { secret }, { request })).status).toBe(200)
  })

  it('about another Region is refused where one alone is served', async () => {
    const place = { region: REGION }
    expect((await call('show', { secret: 'db' }, { place })).status).toBe(200)
    expect((await call('show', { secret: 'db', region: 'eu-west-1' }, { place })).answer.Message).toContain(
      'looks after rotations in us-east-1',
    )
  })

  it('is made by POST', async () => {
    expect((await call('show', { secret: 'db' }, { request: { method: 'GET' } })).status).toBe(400)
  })

  it('hides a fault of the store from the caller and tells it to the log', async () => {
    const store = { ...coffer.services.store, load: () => Promise.reject(new Error('disk on fire')) }
    const services = { ...coffer.services, store: Object.assign(Object.create(coffer.services.store) as object, store) }
    const { status, answer, report } = await call('show', { secret: 'db' }, { place: { services } })
    expect([status, answer.__type]).toEqual([500, 'InternalServiceError'])
    expect(JSON.stringify(answer)).not.toContain('fire')
    expect(report.fault).toMatchObject({ message: 'disk on fire' })
  })
})
