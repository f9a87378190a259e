/**
 * `node bench/policy-decisions.ts`: how many decisions a second the policy engine makes, with policies of ten statements, compiled. Beside each the time that it takes to read the JSON of such a
 * policy once, in the same round: machines differ, the ratio hardly does.
 * @module
 */
import { contextOf, keysOf } from '../lambda/auth/condition-context.ts'
import { decide, type AccessQuestion } from '../lambda/auth/decide.ts'
import { isAllowed } from '../lambda/auth/decision.ts'
import { globalKeys } from '../lambda/auth/global-keys.ts'
import type { AttachedPolicy, Found } from '../lambda/auth/identity.ts'
import { compilePolicy } from '../lambda/auth/policy/compile-policy.ts'
import type { PolicyKind } from '../lambda/auth/policy/policy.ts'
import type { Principal } from '../lambda/auth/principal.ts'
import { median } from './statistics.ts'

const ACCOUNT = '111122223333'
const TARGET = 200_000
const ROUNDS = 7
const ROUND_MS = 300

const principal: Principal = {
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
  userId: 'AIDAEXAMPLEALICE0',
  accessKeyId: 'AKIAEXAMPLE',
}
const secret = (name: string): string => `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${name}`

/** Nine that are about other things, in the ways that policies are, before the one that allows. */
const statements = [
  { Effect: 'Deny', Action: 'secretsmanager:Delete*', Resource: '*' },
  { Effect: 'Deny', Action: '*', Resource: '*', Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
  {
    Effect: 'Deny',
    Action: 'secretsmanager:*',
    Resource: secret('prod/*'),
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
  { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' },
  { Effect: 'Allow', Action: 'secretsmanager:ListSecrets', Resource: '*' },
  { Effect: 'Allow', Action: 'secretsmanager:Get*', Resource: secret('home/${aws:username}/*') },
  {
    Effect: 'Allow',
    Action: 'secretsmanager:*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:ResourceTag/owner': '${aws:username}' } },
  },
  { Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::bucket', 'arn:aws:s3:::bucket/*'] },
  { Effect: 'Allow', NotAction: ['iam:*', 'secretsmanager:*'], Resource: '*' },
  { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secret('shop/*') },
]

const textOf = (kind: PolicyKind): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((one) => (kind === 'identity' ? one : { ...one, Principal: { AWS: principal.arn } })),
  })

const policyOf = (kind: PolicyKind): AttachedPolicy => ({ source: kind, policy: compilePolicy(textOf(kind), kind) })

const known = (policies: readonly AttachedPolicy[]): Found => ({
  kind: 'identity',
  identity: { arn: principal.arn, uniqueId: principal.userId, policies, tags: [], areTagsCertain: true },
})

const ofSecret = keysOf({ 'aws:ResourceTag/owner': 'bob' })

function questionFor(found: Found, resourcePolicy?: AttachedPolicy): AccessQuestion {
  const origin = { receivedAt: 0, sourceIp: '10.1.2.3', isSecure: true }
  const facts = { principal, origin, account: ACCOUNT, region: 'eu-west-1', now: 0 }
  return {
    principal,
    found,
    action: 'secretsmanager:GetSecretValue',
    resource: secret('shop/db-AbCdEf'),
    account: ACCOUNT,
    resourcePolicy,
    rule: 'either',
    // Made anew for each decision, as for each request.
    context: contextOf(ofSecret, globalKeys(facts, found)),
  }
}

const identity = known([policyOf('identity')])
const none = known([])
const resource = policyOf('resource')
const contenders = {
  'identity policy of 10 statements': () => decide(questionFor(identity)),
  'resource policy of 10 statements': () => decide(questionFor(none, resource)),
  both: () => decide(questionFor(identity, resource)),
}

const text = textOf('identity')
let isAsExpected = true

/** Calls a second of the processor: what else runs on the machine does not count. */
function rateOf(work: () => unknown): number {
  let calls = 0
  const start = processorMs()
  let now = start
  for (; now - start < ROUND_MS; now = processorMs()) for (let index = 0; index < 1000; index++, calls++) work()
  return (calls * 1000) / (now - start)
}

function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

for (const [name, work] of Object.entries(contenders)) {
  isAsExpected &&= isAllowed(work())
  rateOf(work)
  const rounds = Array.from({ length: ROUNDS }, () => ({
    rate: rateOf(work),
    readings: rateOf(() => JSON.parse(text)),
  }))
  const rate = median(rounds.map((round) => round.rate))
  const ratio = median(rounds.map((round) => round.rate / round.readings))
  isAsExpected &&= rate >= TARGET
  console.log(
    `${name}: ${Math.round(rate).toLocaleString('en')} decisions/s (target ${TARGET.toLocaleString('en')}), ${(1e6 / rate).toFixed(2)} us each, ${ratio.toFixed(1)} times as fast as reading its JSON`,
  )
}
const compiling = rateOf(() => compilePolicy(text, 'identity'))
console.log(`compiling one: ${Math.round(compiling).toLocaleString('en')} policies/s`)
if (!isAsExpected) process.exitCode = 1
