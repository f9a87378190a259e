import { kmsService } from '../../../local/kms/kms-service.ts'
import { signRequest } from '../../../local/sigv4/sign.ts'
import { CallCounts } from '../../../sandbox/aws/call-counts.ts'
import { Faults } from '../../../sandbox/aws/faults.ts'
import { judgedByProxy } from '../../../sandbox/aws/judged-by-proxy.ts'
import { KmsService } from '../../../sandbox/aws/kms.ts'
import { AwsProxy } from '../../../sandbox/aws/proxy.ts'
import type { Need } from '../../../sandbox/aws/service.ts'
import type { FunctionHost } from '../../../sandbox/functions/function-host.ts'
import { Ledger } from '../../../sandbox/iam/ledger.ts'
import { readPolicy } from '../../../sandbox/iam/policy-document.ts'
import { checkRole } from '../../../sandbox/iam/role-check.ts'
import { entropy, keyringFixture, type KeyringFixture } from '../../support/keyring-fixture.ts'
import { definitionOf } from '../support/fixture-functions.ts'
import { ACCOUNT, REGION } from '../support/fixture-stack.ts'

const AWAY = 'us-west-2'
const credentials = { accessKeyId: 'ASIATESTTESTTESTTEST', secretAccessKey: 'secret', sessionToken: 'token' }
const context = { SecretARN: `arn:aws:secretsmanager:${AWAY}:${ACCOUNT}:secret:a-AbCdEf`, SecretVersionId: 'v' }

let fixture: KeyringFixture
let kms: KmsService
beforeEach(async () => {
  fixture = await keyringFixture()
  const { keyring, clock } = fixture
  const wire = kmsService({ keyring, entropy, clock, authorizer: judgedByProxy })
  kms = new KmsService({ keyring, entropy, wire, regions: [REGION, AWAY] })
})
afterEach(() => fixture.database.close())

const makeKey = (region: string) =>
  fixture.keyring.create({
    place: { account: ACCOUNT, region },
    owner: 'customer',
    multiRegion: true,
    tags: [{ key: 'coffer:deployment', value: 'coffer' }],
  })

/** A function in `REGION` that may do these. */
function functionWith(...statements: readonly object[]) {
  const definition = definitionOf('replicator')
  const policy = readPolicy({ Version: '2012-10-17', Statement: statements }, 'role', 'identity')
  return { ...definition, role: { ...definition.role, policies: [policy] } }
}
const allow = (Action: string, Resource = '*', Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
})

function needsOf(operation: string, input: object, region: string): readonly Need[] {
  const headers = { 'x-amz-target': `TrentService.${operation}` }
  const body = Buffer.from(JSON.stringify(input))
  const request = { method: 'POST', url: '/', headers, body, region, caller: definitionOf('caller') }
  return kms.read(request)!.needs
}

/** As a function of `REGION` calls KMS of another one: through the proxy, signed for that one. */
function calling(definition: ReturnType<typeof functionWith>) {
  const [ledger, faults, counts] = [new Ledger(), new Faults(), new CallCounts()]
  const host = {
    holderOf: (id: string) =>
      id === credentials.accessKeyId ? { definition, worker: { credentials, requestId: 'event' } } : undefined,
  } as unknown as FunctionHost
  const proxy = new AwsProxy({ services: [kms], host, ledger, counts, faults, clock: { now: () => Date.now() } })
  const call = async (operation: string, input: object, region: string): Promise<Record<string, unknown>> => {
    const body = JSON.stringify(input)
    const target = {
      host: 'h',
      'x-amz-target': `TrentService.${operation}`,
      'content-type': 'application/x-amz-json-1.1',
    }
    const signed = { method: 'POST', url: '/', headers: target, body }
    const headers = signRequest(signed, credentials, { region, service: 'kms', time: Date.now() })
    const rawHeaders = Object.entries(headers).flat()
    const answer = await proxy.answer({ method: 'POST', url: '/', headers, rawHeaders, body: Buffer.from(body) })
    const answered = JSON.parse(answer.body || '{}') as Record<string, unknown>
    return { ...answered, status: answer.status }
  }
  return { call }
}

describe('what ReplicateKey asks for', () => {
  const tags = [{ TagKey: 'coffer:deployment', TagValue: 'coffer' }]

  it('is kms:ReplicateKey on the primary where that is, and making and tagging a key where the replica will be', async () => {
    const { arn } = await makeKey(AWAY)
    const input = { KeyId: arn, ReplicaRegion: REGION, Tags: tags, BypassPolicyLockoutSafetyCheck: true }
    const needs = needsOf('ReplicateKey', input, AWAY)
    expect(needs).toMatchObject([
      {
        action: 'kms:ReplicateKey',
        resource: arn,
        region: AWAY,
        context: {
          'kms:ReplicaRegion': REGION,
          'kms:MultiRegionKeyType': 'PRIMARY',
          'aws:ResourceTag/coffer:deployment': 'coffer',
          'aws:RequestTag/coffer:deployment': 'coffer',
          'kms:BypassPolicyLockoutSafetyCheck': 'true',
        },
      },
      {
        action: 'kms:CreateKey',
        resource: '*',
        region: REGION,
        context: {
          'kms:MultiRegion': 'true',
          'kms:MultiRegionKeyType': 'REPLICA',
          'kms:BypassPolicyLockoutSafetyCheck': 'true',
        },
      },
      {
        action: 'kms:TagResource',
        resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/*`,
        region: REGION,
        context: { 'aws:RequestTag/coffer:deployment': 'coffer' },
      },
    ])
    expect(needs[0]?.resourcePolicy?.().text).toContain(`"arn:aws:iam::${ACCOUNT}:root"`)
    // Whether KMS shows these to the creation is not documented: no grant may depend on it.
    for (const key of ['aws:RequestTag/coffer:deployment', 'aws:TagKeys', 'kms:ReplicaRegion'])
      expect(needs[1]?.context).not.toHaveProperty([key])
  })

  it('is no tagging without tags', async () => {
    const { arn } = await makeKey(AWAY)
    const needs = needsOf('ReplicateKey', { KeyId: arn, ReplicaRegion: REGION }, AWAY)
    expect(needs.map(({ action }) => action)).toEqual(['kms:ReplicateKey', 'kms:CreateKey'])
  })

  it('is refused as long as one of them is missing', async () => {
    const { arn } = await makeKey(AWAY)
    const input = { KeyId: arn, ReplicaRegion: REGION, Tags: tags }
    const statements = [
      allow('kms:ReplicateKey', `arn:aws:kms:${AWAY}:${ACCOUNT}:key/*`, {
        StringEquals: { 'aws:RequestedRegion': AWAY, 'kms:ReplicaRegion': REGION },
      }),
      allow('kms:CreateKey', '*', { StringEquals: { 'aws:RequestedRegion': REGION } }),
      allow('kms:TagResource', `arn:aws:kms:${REGION}:${ACCOUNT}:key/*`),
    ]
    for (const missing of statements) {
      const { call } = calling(functionWith(...statements.filter((each) => each !== missing)))
      const refused = await call('ReplicateKey', input, AWAY)
      expect(refused).toMatchObject({ status: 400, __type: 'AccessDeniedException' })
      expect(refused.message).toContain(missing.Action)
    }
    const made = await calling(functionWith(...statements)).call('ReplicateKey', input, AWAY)
    expect(made).toMatchObject({
      status: 200,
      ReplicaKeyMetadata: {
        Arn: arn.replace(AWAY, REGION),
        MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA' },
      },
    })
  })

  it('does not let a role make the replica in another Region than its grant says', async () => {
    const { arn } = await makeKey(AWAY)
    const replicate = allow('kms:ReplicateKey', '*', { StringEquals: { 'kms:ReplicaRegion': REGION } })
    const { call } = calling(functionWith(replicate, allow('kms:CreateKey')))
    const refused = await call('ReplicateKey', { KeyId: arn, ReplicaRegion: 'ap-south-1' }, AWAY)
    expect(refused).toMatchObject({ __type: 'AccessDeniedException' })
  })
})

describe('a call across Regions', () => {
  const sealed = async (region: string) => {
    const key = await makeKey(region)
    const usable = fixture.keyring.usableKey(key, key.arn)
    const blob = await fixture.keyring.encrypt(usable, Buffer.alloc(32, 7), context)
    return { KeyId: key.arn, CiphertextBlob: blob.toString('base64'), EncryptionContext: context }
  }

  it('is answered by KMS of the Region that it is signed for, when the role reaches there', async () => {
    const input = await sealed(AWAY)
    const { call } = calling(functionWith(allow('kms:Decrypt', `arn:aws:kms:${AWAY}:${ACCOUNT}:key/*`)))
    expect(await call('Decrypt', input, AWAY)).toMatchObject({
      status: 200,
      KeyId: input.KeyId,
      Plaintext: Buffer.alloc(32, 7).toString('base64'),
    })
    expect(await call('Decrypt', input, REGION)).toMatchObject({ __type: 'NotFoundException' })
  })

  it('is refused to a role that is bound to its own Region, by the key or by the Region of the request', async () => {
    const input = await sealed(AWAY)
    for (const statement of [
      allow('kms:Decrypt', `arn:aws:kms:${REGION}:${ACCOUNT}:key/*`),
      allow('kms:Decrypt', '*', { StringEquals: { 'aws:RequestedRegion': REGION } }),
    ])
      expect(await calling(functionWith(statement)).call('Decrypt', input, AWAY)).toMatchObject({
        __type: 'AccessDeniedException',
      })
  })

  it('is none that a deployment makes to a Region that it is not in', async () => {
    const { call } = calling(functionWith(allow('kms:*')))
    expect(await call('Decrypt', await sealed('ap-south-1'), 'ap-south-1')).toMatchObject({
      __type: 'SandboxViolation',
    })
  })

  it('takes a key back from its deletion there only for a role that may', async () => {
    const { arn } = await makeKey(AWAY)
    const [own] = needsOf('CancelKeyDeletion', { KeyId: arn }, AWAY)
    expect(own).toMatchObject({ action: 'kms:CancelKeyDeletion', resource: arn, region: AWAY })
    const verdict = (statement: object) => checkRole(functionWith(statement), own!, Date.now()).kind
    expect(verdict(allow('kms:CancelKeyDeletion', arn))).toBe('allowed')
    expect(verdict(allow('kms:EnableKey', arn))).toBe('refused')
  })
})
