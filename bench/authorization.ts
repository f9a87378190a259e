/**
 * What deciding on access costs a GetSecretValue: processor time per call of the embedded service, below HTTP and signatures, with the policies of a user of ten statements and a resource
 * policy of ten, against the same service that asks nobody. Run by itself: `node bench/authorization.ts`.
 * @module
 */
import { policyAuthorizer, sameAccountOnly, type Authorizer } from '../lambda/auth/authorizer.ts'
import { compilePolicy } from '../lambda/auth/policy/compile-policy.ts'
import type { IdentityDirectory } from '../lambda/auth/identity.ts'
import type { Principal } from '../lambda/auth/principal.ts'
import { operations } from '../lambda/core/operations/index.ts'
import { createSecretsManagerService } from '../lambda/protocol/service.ts'
import { makeCoffer, ORIGIN } from '../test/support/coffer.ts'
import { median } from './statistics.ts'

const ACCOUNT = '123456789012'
const REGION = 'us-east-1'
const CALLS = 10_000
const ROUNDS = 15

const principal: Principal = {
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/app`,
  userId: 'AIDAAPP',
  accessKeyId: 'AKIAAPP',
}

const statements = (more: object): object[] =>
  Array.from({ length: 10 }, (_, index) => ({
    Effect: index === 3 ? 'Deny' : 'Allow',
    Action:
      index === 9
        ? 'secretsmanager:Get*'
        : [`secretsmanager:${index === 3 ? 'Delete' : 'Describe'}Secret`, 'kms:Decrypt'],
    Resource: `arn:aws:secretsmanager:*:${ACCOUNT}:secret:${index === 9 ? '*' : `team-${index}/*`}`,
    Condition: { StringEquals: { 'aws:ResourceTag/team': ['red', 'blue'] } },
    ...more,
  }))
const text = (more: object = {}): string => JSON.stringify({ Version: '2012-10-17', Statement: statements(more) })

const identity = {
  arn: principal.arn,
  uniqueId: principal.userId,
  policies: [{ source: 'policy', policy: compilePolicy(text(), 'identity') }],
  tags: [],
  areTagsCertain: true,
}
const directory: IdentityDirectory = {
  find: () => ({ kind: 'identity', identity }),
  resolve: () => ({ kind: 'unseen' }),
  principalFor: () => Promise.resolve(undefined),
  async *principalsOf() {
    yield* []
  },
}

const POLICY = text({ Principal: { AWS: '222222222222' } })

/** A service whose one secret has a resource policy, read again and again. @returns microseconds of processor time per call */
async function reads(authorizer: Authorizer): Promise<number> {
  const admin = { principal: { ...principal, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT } }
  const open = makeCoffer()
  await open.call('CreateSecret', { Name: 'a', SecretString: 'v', Tags: [{ Key: 'team', Value: 'red' }] }, admin)
  await open.call('PutResourcePolicy', { SecretId: 'a', ResourcePolicy: POLICY }, admin)
  const service = createSecretsManagerService({ ...open.services, authorizer }, operations)
  const request = {
    method: 'POST',
    target: 'secretsmanager.GetSecretValue',
    contentType: 'application/x-amz-json-1.1',
    body: Buffer.from('{"SecretId":"a"}'),
    principal,
    origin: ORIGIN,
    region: REGION,
    requestId: 'bench',
  }
  const before = process.cpuUsage()
  for (let call = 0; call < CALLS; call++) {
    const { status } = await service(request)
    if (status !== 200) throw new Error(`the read was answered with ${status}`)
  }
  const { user, system } = process.cpuUsage(before)
  open.close()
  return (user + system) / CALLS
}

/** Decides nothing. */
const nobody: Authorizer = { ...sameAccountOnly, decide: () => ({ verdict: 'allow', layer: 'identity' }) }
const measured = { policies: [] as number[], nobody: [] as number[] }
for (let round = 0; round < ROUNDS; round++) {
  measured.nobody.push(await reads(nobody))
  measured.policies.push(await reads(policyAuthorizer(directory)))
}
const [without, asked] = [median(measured.nobody), median(measured.policies)]
console.log(`asking nobody: ${without.toFixed(1)} us per call`)
console.log(`two policies of ten statements: ${asked.toFixed(1)} us per call, ${(asked - without).toFixed(1)} more`)
