import { Printed } from '../handlers/support/printed.ts'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { UserDetail } from '@aws-sdk/client-iam'
import { identityKey, identitySnapshotKey } from '../../lambda/adapters/aws/dynamo/item-keys.ts'
import { policyAuthorizer } from '../../lambda/auth/authorizer.ts'
import type { IdentityDirectory } from '../../lambda/auth/identity.ts'
import { operations } from '../../lambda/core/operations/index.ts'
import type { OperationName } from '../../lambda/core/model/secrets-manager.types.generated.ts'
import { operationHandler } from '../../lambda/handlers/edge/operation-handler.ts'
import {
  ACCOUNT,
  ALICE,
  allow,
  APP,
  attached,
  inline,
  managedArn,
  role,
  roleArn,
  sessionArn,
  throttling,
  trusting,
  user,
  userArn,
} from '../adapters/aws/identity/fake-iam.ts'
import { identitySuite, PLACE, type Started } from '../adapters/aws/identity/identity-fixture.ts'
import { onTheWire } from '../adapters/aws/dynamo/disturbed-client.ts'
import { lambdaContext, proxyEvent } from '../handlers/support/proxy-event.ts'
import { CanaryHunt } from '../support/canary.ts'
import { makeCoffer, token, type Coffer } from '../support/coffer.ts'

const VALUE = 'SeCrEtThatNobodyGetsInAnEmergency'
const MINUTE = 60_000
const GRACE = 15
const suite = identitySuite()
const everything = [inline('all', allow('*'))]

let coffer: Coffer
let printed: Printed
let arn: string
beforeEach(async () => {
  coffer = makeCoffer()
  const made = await coffer.call('CreateSecret', { Name: 'a', SecretString: VALUE, ClientRequestToken: token('v1') })
  arn = String(made.ARN)
  printed = new Printed()
})
afterEach(() => coffer.close())

/** An account in which alice and the role app may do everything. */
async function working(over: Partial<UserDetail> = {}): Promise<Started> {
  const started = suite.start()
  started.iam.users = [user('alice', ALICE, { UserPolicyList: everything, ...over })]
  started.iam.roles = [role('app', APP, { RolePolicyList: everything })]
  await started.pass()
  return started
}

const asAlice = { accountId: ACCOUNT, userArn: userArn('alice'), user: ALICE, accessKey: 'AKIATESTTESTTESTTEST' }
const asApp = { ...asAlice, userArn: sessionArn('app'), user: `${APP}:s`, accessKey: 'ASIATESTTESTTESTTEST' }

type Answer = Awaited<ReturnType<ReturnType<typeof operationHandler>>>

/** The way of one request: an event of API Gateway in, an answer and a line in the log out. */
async function asked(
  directory: IdentityDirectory,
  identity: object = asAlice,
  { operation = 'GetSecretValue', body = { SecretId: 'a' } }: { operation?: OperationName; body?: object } = {},
): Promise<{ readonly answer: Answer; readonly reason: unknown }> {
  const services = { ...coffer.services, authorizer: policyAuthorizer(directory) }
  const handler = operationHandler(operations[operation]!, { compose: () => ({ services, ...PLACE }) })
  const answer = await handler(proxyEvent({ operation, body, identity: { ...identity } }), lambdaContext)
  return { answer, reason: printed.of('request').at(-1)?.reason }
}

/** Refused in the service's words, which tell nothing of why; the log tells it. */
function expectRefused({ answer, reason }: Awaited<ReturnType<typeof asked>>, why: string): void {
  const { __type, Message } = JSON.parse(answer.body) as { __type: string; Message: string }
  expect(answer.statusCode).toBe(400)
  expect(__type).toBe('AccessDeniedException')
  expect(Message).toMatch(
    /^User: \S+ is not authorized to perform: secretsmanager:\w+( on resource: \S+)? (because no identity-based policy allows the secretsmanager:\w+ action|with an explicit deny in an? (identity-based policy|permissions boundary))$/,
  )
  expect(reason).toContain(why)
  expect(answer.body).not.toContain(why)
  expect(answer.body).not.toContain(VALUE)
  const hunt = new CanaryHunt()
  hunt.add('value', VALUE)
  expect(hunt.inText('log', printed.text)).toEqual([])
}

const expectRead = ({ answer }: Awaited<ReturnType<typeof asked>>): void =>
  expect(JSON.parse(answer.body)).toMatchObject({ SecretString: VALUE })

const down = (): Promise<void> => Promise.reject(new Error('the identity function does not answer'))
const failing = (client: Started['client'], error: () => Error | undefined): void =>
  onTheWire(client, 'BatchGetItem', async (send) => {
    const problem = error()
    if (problem) throw problem
    return send()
  })

describe('while all is well', () => {
  it('a user and a session of a role read', async () => {
    const { directory } = await working()
    expectRead(await asked(directory()))
    expectRead(await asked(directory(), asApp))
  })
})

describe('IAM is down', () => {
  it('the snapshot serves for the grace, then nobody is let in, then again when IAM is back', async () => {
    const { directory, clock, iam, pass } = await working()
    const view = directory({ graceMinutes: GRACE })
    iam.before = () => {
      throw throttling()
    }
    for (let minute = 0; minute < GRACE; minute++) {
      clock.advance(MINUTE)
      await expect(pass()).rejects.toThrow('Rate exceeded')
    }
    expectRead(await asked(view))
    clock.advance(3 * MINUTE)
    expectRefused(await asked(view), 'the snapshot of identities is 18 minutes old')
    expectRefused(await asked(view, asApp), 'minutes old')
    expectRefused(await asked(directory({ graceMinutes: 0 })), 'minutes old')
    iam.before = () => undefined
    await pass()
    clock.advance(MINUTE / 2)
    expectRead(await asked(view))
  })

  it('from the beginning: there is no snapshot, and nobody is let in', async () => {
    const { directory } = suite.start()
    expectRefused(await asked(directory({ refresh: down })), 'there is no snapshot of identities yet')
  })

  it('every operation is refused when the snapshot is too old', async () => {
    const { directory, clock } = await working()
    clock.advance(20 * MINUTE)
    const view = directory()
    const inputs: Readonly<Record<string, object>> = {
      CreateSecret: { Name: 'new', SecretString: VALUE, ClientRequestToken: token('new') },
      PutSecretValue: { SecretId: 'a', SecretString: VALUE, ClientRequestToken: token('v2') },
      UpdateSecret: { SecretId: 'a', Description: 'x', ClientRequestToken: token('v3') },
      ReplicateSecretToRegions: { SecretId: 'a', AddReplicaRegions: [{ Region: 'eu-west-1' }] },
      RemoveRegionsFromReplication: { SecretId: 'a', RemoveReplicaRegions: ['eu-west-1'] },
      RotateSecret: { SecretId: 'a', ClientRequestToken: token('v4') },
      TagResource: { SecretId: 'a', Tags: [{ Key: 'k', Value: 'v' }] },
      UntagResource: { SecretId: 'a', TagKeys: ['k'] },
      UpdateSecretVersionStage: { SecretId: 'a', VersionStage: 'S', MoveToVersionId: token('v1') },
      PutResourcePolicy: { SecretId: 'a', ResourcePolicy: '{}' },
      ValidateResourcePolicy: { SecretId: 'a', ResourcePolicy: '{}' },
      BatchGetSecretValue: { SecretIdList: ['a'] },
      ListSecrets: {},
      GetRandomPassword: {},
    }
    for (const operation of Object.keys(operations) as OperationName[])
      expectRefused(
        await asked(view, asAlice, { operation, body: inputs[operation] ?? { SecretId: 'a' } }),
        'minutes old',
      )
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).not.toHaveProperty('Description')
  })
})

describe('the snapshot is not what it should be', () => {
  it('of the future', async () => {
    const { directory, client, table, clock } = await working()
    const began = { N: String(clock.now() + 60 * MINUTE) }
    await client.send(new PutItemCommand({ TableName: table, Item: { ...identitySnapshotKey(PLACE), began } }))
    expectRefused(await asked(directory()), 'the snapshot of identities is of the future')
  })

  it('with a damaged item', async () => {
    const { directory, client, table } = await working()
    await client.send(
      new PutItemCommand({ TableName: table, Item: { ...identityKey(PLACE, ALICE), packed: { B: Buffer.from('x') } } }),
    )
    expectRefused(await asked(directory()), 'the snapshot of identities cannot be read')
    expectRead(await asked(directory(), asApp))
  })

  it.each(['ThrottlingException', 'ResourceNotFoundException', 'AccessDeniedException', 'InternalServerError'])(
    'not to be read: %s of DynamoDB',
    async (name) => {
      const { directory, client } = await working()
      let isDown = true
      failing(client, () => (isDown ? Object.assign(new Error('no table for you'), { name }) : undefined))
      const view = directory()
      const refused = await asked(view)
      expectRefused(refused, 'the snapshot of identities cannot be read')
      expect(refused.answer.body).not.toContain('no table for you')
      isDown = false
      expectRead(await asked(view))
    },
  )
})

describe('a caller who is not the one that the snapshot knows', () => {
  it.each<[string, object, string]>([
    ['nobody', { userArn: userArn('mallory'), user: 'AIDAMALLORYMALLORY00' }, 'no such user or role is known'],
    ['another unique id', { user: 'AIDAOTHEROTHEROTHER00' }, 'no such user or role is known'],
    ['the unique id of alice under another name', { userArn: userArn('bob') }, 'no such user or role is known'],
    ['a role as a user', { user: `${APP}:s` }, 'no such user or role is known'],
    ['an ARN of another account', { userArn: 'arn:aws:iam::999999999999:user/alice' }, 'its ARN is of another account'],
    ['a role itself', { userArn: roleArn('app'), user: APP }, 'it is a role without a session'],
    ['a federated user', { userArn: `arn:aws:sts::${ACCOUNT}:federated-user/alice` }, 'GetFederationToken'],
    ['an ARN that is none', { userArn: 'alice' }, 'its ARN is of another account'],
  ])('%s', async (_, over, why) => {
    const { directory } = await working()
    expectRefused(await asked(directory(), { ...asAlice, ...over }), why)
  })

  it('a role that was made anew under the same name: neither is the old one, nor does the policy of a secret name the new one', async () => {
    const { directory, iam, pass, clock } = await working()
    const view = directory()
    const statement = { Effect: 'Allow', Principal: { AWS: roleArn('app') }, Action: 'secretsmanager:*', Resource: '*' }
    const body = { SecretId: 'a', ResourcePolicy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) }
    expect((await asked(view, asAlice, { operation: 'PutResourcePolicy', body })).answer.statusCode).toBe(200)
    iam.roles = [role('app', APP)]
    await pass()
    clock.advance(MINUTE)
    expectRead(await asked(view, asApp))
    iam.roles = [role('app', 'AROANEWNEWNEWNEWNEW00')]
    await pass()
    clock.advance(MINUTE)
    expectRefused(await asked(view, asApp), 'no such user or role is known')
    expectRefused(await asked(view, { ...asApp, user: 'AROANEWNEWNEWNEWNEW00:s' }), 'implicit-deny (identity)')
  })

  it('a user who was deleted', async () => {
    const { directory, iam, pass, clock } = await working()
    const view = directory()
    iam.users = []
    await pass()
    clock.advance(MINUTE)
    expectRefused(await asked(view), 'no such user or role is known')
  })

  it('who comes while the identity function is down is not known until it is back', async () => {
    const { directory, iam, pass, clock } = await working()
    iam.users.push(user('new', 'AIDANEWNEWNEWNEWNEW00', { UserPolicyList: everything }))
    const asNew = { ...asAlice, userArn: userArn('new'), user: 'AIDANEWNEWNEWNEWNEW00' }
    const view = directory({ refresh: down })
    expectRefused(await asked(view, asNew), 'no such user or role is known')
    await pass()
    clock.advance(MINUTE)
    expectRead(await asked(view, asNew))
  })
})

describe('a policy that cannot be read', () => {
  it.each<[string, Partial<UserDetail>]>([
    [
      'is no JSON',
      { UserPolicyList: [...everything, { PolicyName: 'x', PolicyDocument: encodeURIComponent('{"Version"') }] },
    ],
    ['is not told', { UserPolicyList: [...everything, { PolicyName: 'x' }] }],
    ['cannot be decoded', { UserPolicyList: [...everything, { PolicyName: 'x', PolicyDocument: '%E0%' }] }],
    ['has an element that nobody knows', { UserPolicyList: [...everything, inline('x', { Statement: [], More: 1 })] }],
    ['is attached and not there', { AttachedManagedPolicies: [attached(managedArn('gone'))] }],
    ['is of a group that is not there', { GroupList: ['gone'] }],
    ['is the boundary, and not there', { PermissionsBoundary: { PermissionsBoundaryArn: managedArn('gone') } }],
  ])('denies everything: one that %s', async (_, over) => {
    const { directory } = await working(over)
    expectRefused(await asked(directory()), 'explicit-deny')
    expect(printed.of('request').at(-1)?.reason).toContain('denies everything')
    // Whoever does not have it is let in.
    expectRead(await asked(directory(), asApp))
  })

  it('a Deny that hangs on what a function cannot see applies', async () => {
    const conditional = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
        },
      ],
    }
    const started = await working()
    started.iam.roles = [
      role('app', APP, {
        RolePolicyList: [...everything, inline('mfa', conditional)],
        AssumeRolePolicyDocument: trusting('sts:AssumeRole'),
      }),
    ]
    await started.pass()
    expectRefused(await asked(started.directory(), asApp), 'whether the statement applies cannot be told here')
  })

  it('of a secret denies everybody', async () => {
    const { directory } = await working()
    const { secret } = { secret: await coffer.store.load({ account: ACCOUNT, region: PLACE.region, name: 'a' }) }
    const head = {
      ...secret!.head,
      revision: secret!.head.revision + 1,
      policy: { text: '{"Version":', principals: [] },
    }
    await coffer.store.commit({ head, put: [], drop: [] })
    const { answer, reason } = await asked(directory())
    expect(JSON.parse(answer.body)).toMatchObject({
      __type: 'AccessDeniedException',
      Message: `User: ${userArn('alice')} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arn} with an explicit deny in a resource-based policy`,
    })
    expect(reason).toContain('denies everything')
    expect(answer.body).not.toContain('denies everything')
  })
})
