import {
  answerReplicationCall,
  type ReplicationCall,
  type ReplicationCallPlace,
} from '../../lambda/protocol/replication-call.ts'
import type { WireRequest } from '../../lambda/protocol/wire.ts'
import { EU, HOME, makeRegions, NAME, type Regions } from '../core/replication/support/regions.ts'
import { ACCOUNT, ORIGIN, principalOf } from '../support/coffer.ts'

let regions: Regions
let secret: string
beforeEach(async () => {
  regions = makeRegions()
  secret = await regions.create({}, EU)
})
afterEach(() => regions.close())

async function call(
  name: ReplicationCall,
  body: unknown,
  { place = {}, request = {} }: { place?: Partial<ReplicationCallPlace>; request?: Partial<WireRequest> } = {},
) {
  const wire: WireRequest = {
    method: 'POST',
    target: undefined,
    contentType: 'application/json',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    principal: principalOf(ACCOUNT),
    origin: ORIGIN,
    region: HOME,
    requestId: 'r',
    ...request,
  }
  const { body: answer, ...response } = await answerReplicationCall(
    { services: regions.services, ...place },
    name,
    wire,
  )
  return { ...response, answer: JSON.parse(answer) as Record<string, unknown> }
}

describe('a call about replication', () => {
  it('is answered in JSON, and its line in the log names the secret', async () => {
    expect(await call('status', { secret: NAME })).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      answer: { secret, role: 'primary', replicas: [{ region: EU, status: 'InSync' }] },
      report: { operation: 'ShowReplication', resource: secret },
    })
    expect(await call('preflight', { secret, region: EU })).toMatchObject({
      status: 200,
      answer: { secret, region: EU, isFine: true },
      report: { operation: 'PreflightReplication', resource: secret },
    })
    expect(await call('reprimary', { secret: NAME, to: EU })).toMatchObject({
      status: 200,
      answer: { secret, from: HOME, to: EU, isDiverged: false },
      report: { operation: 'ReprimaryReplication', resource: secret },
    })
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
    expect((await regions.headIn(HOME)).replication?.source?.region).toBe(EU)
  })

  it.each<[string, ReplicationCall, unknown, string]>([
    ['no JSON', 'status', '{', 'The body must be JSON'],
    ['no secret', 'status', {}, 'secret must be the name or the ARN'],
    ['a member that there is not', 'status', { secret: NAME, to: EU }, 'There is no member "to"'],
    [
      'a member of another call',
      'preflight',
      { secret: NAME, winner: 'this' },
      'expected secret and, if need be, region, kmsKeyId, overwrite',
    ],
    ['a key that is no text', 'preflight', { secret: NAME, kmsKeyId: 7 }, 'kmsKeyId must be'],
    ['a key that is too long', 'preflight', { secret: NAME, kmsKeyId: 'k'.repeat(2049) }, 'kmsKeyId must be'],
    [
      'an overwrite that is no yes or no',
      'preflight',
      { secret: NAME, overwrite: 'yes' },
      'overwrite must be true or false',
    ],
    ['no Region to hand over to', 'reprimary', { secret: NAME }, 'to must be the name of a Region'],
    ['a Region that is none', 'reprimary', { secret: NAME, to: '../x' }, 'to must be the name of a Region'],
    ['a winner that is none', 'reprimary', { secret: NAME, to: EU, winner: 'me' }, 'winner must be "this" or "other"'],
  ])('with %s is refused and says what was expected', async (_, name, body, message) => {
    expect(await call(name, body)).toMatchObject({
      status: 400,
      answer: { __type: 'ValidationException', Message: expect.stringContaining(message) as string },
    })
    expect((await regions.headIn(HOME)).replication).not.toHaveProperty('yielding')
  })

  it('takes what is wished for', async () => {
    const kmsKeyId = regions.keys.addKey('mine')
    const asked = await call('preflight', { secret, region: EU, kmsKeyId, overwrite: true })
    expect(asked.answer).toMatchObject({ isFine: false, checks: [{}, {}, { check: 'key', isFine: false }] })
    await regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
    for (const region of [HOME, EU])
      await regions.call('PutSecretValue', { SecretId: NAME, SecretString: region }, region)
    await regions.settle()
    expect((await call('reprimary', { secret, to: EU })).status).toBe(400)
    expect((await call('reprimary', { secret, to: EU, winner: 'this' })).answer).toMatchObject({
      isDiverged: true,
      winner: 'this',
    })
  })

  it('is refused by the core, in its words', async () => {
    expect(await call('reprimary', { secret: NAME, to: HOME })).toMatchObject({
      status: 400,
      headers: { 'x-amzn-errortype': 'InvalidRequestException' },
      answer: { Message: expect.stringContaining('primary in us-east-1 already') as string },
      report: { operation: 'ReprimaryReplication', code: 'InvalidRequestException' },
    })
    expect((await call('status', { secret: 'none' })).answer.__type).toBe('ResourceNotFoundException')
  })

  it('goes to the Region that is given, else that of the ARN, else that of the signature', async () => {
    const role = async (body: object, region = HOME) =>
      (await call('status', body, { request: { region } })).answer.role
    expect(await role({ secret: NAME }, EU)).toBe('replica')
    expect(await role({ secret: NAME, region: HOME }, EU)).toBe('primary')
    expect(await role({ secret }, EU)).toBe('primary')
  })

  it('with two Regions is refused, but for what is asked about the Region of a copy', async () => {
    expect((await call('status', { secret, region: EU })).answer.Message).toBe(
      `region is ${EU}, but the ARN is of a secret in ${HOME}.`,
    )
    expect((await call('reprimary', { secret, region: EU, to: EU })).status).toBe(400)
    expect((await call('preflight', { secret, region: EU })).status).toBe(200)
  })

  it('about another Region is refused where one alone is served', async () => {
    const place = { region: HOME }
    expect((await call('status', { secret: NAME }, { place })).status).toBe(200)
    expect((await call('status', { secret: NAME, region: EU }, { place })).answer.Message).toContain(
      'looks after replication in us-east-1',
    )
  })

  it('is made by POST', async () => {
    expect((await call('status', { secret: NAME }, { request: { method: 'GET' } })).status).toBe(400)
  })

  it('hides a fault of the store from the caller and tells it to the log', async () => {
    const replication = { group: () => Promise.reject(new Error('disk on fire')) }
    const services = { ...regions.services, replication: replication as never }
    const { status, answer, report } = await call('status', { secret: NAME }, { place: { services } })
    expect([status, answer.__type]).toEqual([500, 'InternalServiceError'])
    expect(JSON.stringify(answer)).not.toContain('fire')
    expect(report.fault).toMatchObject({ message: 'disk on fire' })
  })
})
