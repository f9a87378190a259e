import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import {
  STS,
  type AssumeRoleCommandInput,
  type Credentials,
  type GetSessionTokenCommandInput,
} from '@aws-sdk/client-sts'
import { createSecretsManager } from '../../client/create-client.ts'
import type { AccessKey } from '../../local/identities/access-keys.ts'
import { codeAt, seedBytes, stepAt } from '../../local/identities/totp.ts'
import { secretValue, uniqueName } from '../conformance/target.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { ADMIN, ChildSandbox } from './support/child-sandbox.ts'
import { CopiedDeployment, removeAction } from './support/copied-deployment.ts'

const REGION = 'eu-central-1'
/** Where the identity function may not read IAM. */
const BLIND = 'us-west-2'
const ACCOUNT = '111122223333'
const FRIENDS = '444455556666'
const MINUTE = 60_000
const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const makeDirectory = suiteDirectories()

const keyOf = (name: string): AccessKey => ({
  accessKeyId: `AKIA${name.toUpperCase().padEnd(16, 'X')}`,
  secretAccessKey: `${name}-secret-for-a-test`,
})
const key = (name: string) => {
  const { accessKeyId, secretAccessKey } = keyOf(name)
  return [{ id: accessKeyId, secret: secretAccessKey }]
}
const statement = (Action: string, more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more })
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const invoke = statement('execute-api:Invoke')
const read = statement('secretsmanager:GetSecretValue')
const trust = (name: string) =>
  policy({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/${name}` },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
  })
const withMfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }
const ofTeam = { Condition: { StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}' } } }

const identities = {
  accounts: {
    [ACCOUNT]: {
      users: {
        knocker: { accessKeys: key('knocker'), policies: { api: policy(invoke) } },
        outsider: { accessKeys: key('outsider'), policies: { secrets: policy(read) } },
        alice: {
          accessKeys: key('alice'),
          groups: ['readers'],
          tags: { team: 'red' },
        },
        careful: {
          accessKeys: key('careful'),
          policies: { read: policy({ ...invoke, ...withMfa }, read) },
          mfaDevices: { phone: { seed: SEED } },
        },
        limited: { accessKeys: key('limited'), policies: { all: policy(statement('*')) }, boundary: 'knocking' },
      },
      groups: { readers: { policies: { read: policy(invoke, { ...read, ...ofTeam }) } } },
      roles: {
        reader: { path: '/team/', trust: trust('alice'), policies: { read: policy(invoke, read) } },
        blue: {
          trust: trust('alice'),
          policies: {
            read: policy({ ...invoke, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }, read),
          },
        },
      },
      policies: { knocking: { document: policy(invoke) } },
    },
    [FRIENDS]: {
      users: {
        friend: { accessKeys: key('friend'), policies: { all: policy(statement('*')) } },
        foe: { accessKeys: key('foe'), policies: { secrets: policy(read) } },
      },
    },
  },
}

let sandbox: ChildSandbox
let red: string
let shared: string
const closing: { destroy(): void }[] = []
const opened = <T extends { destroy(): void }>(client: T): T => {
  closing.push(client)
  return client
}
beforeAll(async () => {
  const folder = makeDirectory()
  const deployment = await CopiedDeployment.into(join(folder, 'cdk.out'), { allowedAccounts: [FRIENDS] })
  deployment.edit(BLIND, (resources) =>
    removeAction(resources, 'coffer-identity', 'iam:GetAccountAuthorizationDetails'),
  )
  const file = join(folder, 'identities.json')
  writeFileSync(file, JSON.stringify(identities))
  sandbox = await ChildSandbox.start('--out', deployment.folder, '--identities', file)
  const admin = clientFor(ADMIN)
  const make = async (team: string): Promise<string> => {
    const made = await admin.createSecret({
      Name: uniqueName(team),
      SecretString: secretValue(),
      Tags: [{ Key: 'team', Value: team }],
    })
    return made.ARN!
  }
  red = await make('red')
  shared = await make('shared')
})
afterAll(async () => {
  for (const client of closing) client.destroy()
  await sandbox.stop()
})

function clientFor(credentials: AccessKey & { readonly sessionToken?: string }, region = REGION): SecretsManager {
  return opened(createSecretsManager({ endpoint: sandbox.welcome.url, region, credentials, maxAttempts: 1 }))
}
const stsFor = (name: string): STS =>
  opened(new STS({ endpoint: sandbox.welcome.kmsUrl, region: REGION, credentials: keyOf(name), maxAttempts: 1 }))

const keysIn = (credentials: Credentials | undefined) => ({
  accessKeyId: credentials!.AccessKeyId!,
  secretAccessKey: credentials!.SecretAccessKey!,
  sessionToken: credentials!.SessionToken!,
})

async function asRole(role: string, more: Partial<AssumeRoleCommandInput> = {}): Promise<SecretsManager> {
  const path = role === 'reader' ? 'team/' : ''
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${path}${role}`
  const { Credentials } = await stsFor('alice').assumeRole({ RoleArn, RoleSessionName: 'me', ...more })
  return clientFor(keysIn(Credentials))
}
/** What became of a read: its message, when it was refused. */
async function reading(client: SecretsManager, SecretId = red): Promise<string> {
  try {
    await client.getSecretValue({ SecretId })
    return 'read'
  } catch (error) {
    const { name, message } = error as Error
    return name === 'AccessDeniedException' ? message : `${name}: ${message}`
  }
}

describe('a caller without permission', () => {
  it('is refused by API Gateway when not even the API may be called', async () => {
    expect(await reading(clientFor(keyOf('outsider')))).toMatch(
      /^User: arn:aws:iam::111122223333:user\/outsider is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:/,
    )
  })

  it('is refused by the function when the API may be called and the secret not read', async () => {
    expect(await reading(clientFor(keyOf('knocker')))).toBe(
      `User: arn:aws:iam::111122223333:user/knocker is not authorized to perform: secretsmanager:GetSecretValue on resource: ${red} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    )
  })

  it('is refused by the boundary, which lets only the API be called', async () => {
    expect(await reading(clientFor(keyOf('limited')))).toContain('secretsmanager:GetSecretValue')
  })
})

it('a user reads by the policy of a group what has the tag of the user', async () => {
  const alice = clientFor(keyOf('alice'))
  expect(await reading(alice)).toBe('read')
  expect(await reading(alice, shared)).toContain('no identity-based policy allows')
})

it('a user who needs MFA for the API is let in with a session that was made with a code, and with none other', async () => {
  expect(await reading(clientFor(keyOf('careful')))).toContain('execute-api:Invoke')
  const sessionWith = async (input: GetSessionTokenCommandInput): Promise<SecretsManager> =>
    clientFor(keysIn((await stsFor('careful').getSessionToken(input)).Credentials))
  expect(await reading(await sessionWith({}))).toContain('execute-api:Invoke')
  const TokenCode = codeAt(seedBytes(SEED)!, stepAt(Date.now()))
  const SerialNumber = `arn:aws:iam::${ACCOUNT}:mfa/phone`
  expect(await reading(await sessionWith({ SerialNumber, TokenCode }))).toBe('read')
})

describe('the session of a role', () => {
  it('reads with the policies of its role, which has a path that the session’s ARN lacks', async () => {
    expect(await reading(await asRole('reader'), shared)).toBe('read')
  })

  it('is limited by its session policies at API Gateway', async () => {
    const Policy = JSON.stringify(policy(read))
    expect(await reading(await asRole('reader', { Policy }))).toContain('execute-api:Invoke')
  })

  it('has the tags that were passed with it', async () => {
    expect(await reading(await asRole('blue'))).toContain('execute-api:Invoke')
    expect(await reading(await asRole('blue', { Tags: [{ Key: 'team', Value: 'blue' }] }))).toBe('read')
  })
})

describe('a caller of another account', () => {
  it('needs execute-api:Invoke of its own', async () => {
    expect(await reading(clientFor(keyOf('foe')))).toContain('execute-api:Invoke')
  })

  it('and the policy of the secret, and the policy of the key that it is encrypted with', async () => {
    const friend = clientFor(keyOf('friend'))
    const admin = clientFor(ADMIN)
    const kms = opened(
      new KMS({ endpoint: sandbox.welcome.kmsUrl, region: REGION, credentials: ADMIN, maxAttempts: 1 }),
    )
    expect(await reading(friend)).toContain('no resource-based policy allows')
    const { KeyMetadata } = await kms.createKey({})
    const KmsKeyId = KeyMetadata!.Arn!
    const made = await admin.createSecret({ Name: uniqueName('lent'), SecretString: secretValue(), KmsKeyId })
    const Principal = { AWS: `arn:aws:iam::${FRIENDS}:user/friend` }
    const ResourcePolicy = JSON.stringify(policy({ ...read, Principal }))
    await admin.putResourcePolicy({ SecretId: made.ARN, ResourcePolicy })
    // Who may read the secret may not yet use its key.
    expect(await reading(friend, made.ARN)).not.toBe('read')
    const keyPolicy = policy(
      statement('kms:*', { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }),
      statement('kms:Decrypt', { Principal }),
    )
    await kms.putKeyPolicy({ KeyId: KmsKeyId, Policy: JSON.stringify(keyPolicy) })
    await sandbox.advanceClock(10 * MINUTE)
    expect(await reading(friend, made.ARN)).toBe('read')
    expect(await reading(clientFor(keyOf('foe')), made.ARN)).toContain('execute-api:Invoke')
  })
})

describe('the snapshot of identities', () => {
  it('is renewed on demand for a user who was made a moment ago', async () => {
    const iam = opened(
      new IAMClient({ endpoint: sandbox.welcome.kmsUrl, region: 'us-east-1', credentials: ADMIN, maxAttempts: 1 }),
    )
    await iam.send(new CreateUserCommand({ UserName: 'new' }))
    await iam.send(
      new PutUserPolicyCommand({
        UserName: 'new',
        PolicyName: 'all',
        PolicyDocument: JSON.stringify(policy(invoke, read)),
      }),
    )
    const { AccessKey: made } = await iam.send(new CreateAccessKeyCommand({ UserName: 'new' }))
    // The pause between two renewals on demand.
    await sandbox.advanceClock(10_000)
    const credentials = { accessKeyId: made!.AccessKeyId!, secretAccessKey: made!.SecretAccessKey! }
    expect(await reading(clientFor(credentials))).toBe('read')
  })

  it('serves for a grace when IAM fails, and then nobody is let in until IAM is back', async () => {
    const admin = clientFor(ADMIN)
    await sandbox.admin('POST', '/faults', { service: 'iam', code: 'AccessDenied', status: 403 })
    await sandbox.advanceClock(5 * MINUTE)
    expect(await reading(admin)).toBe('read')
    await sandbox.advanceClock(20 * MINUTE)
    expect(await reading(admin)).toContain('is not authorized to perform: secretsmanager:GetSecretValue')
    await sandbox.admin('DELETE', '/faults')
    // A throttle that passes is waited for.
    await sandbox.admin('POST', '/faults', { service: 'iam', code: 'Throttling', message: 'Rate exceeded', count: 1 })
    await sandbox.advanceClock(2 * MINUTE)
    expect(await reading(admin)).toBe('read')
  })

  it('that cannot be made lets nobody in, and the report names the grant that is missing', async () => {
    expect(await reading(clientFor(ADMIN, BLIND), 'any')).toContain('is not authorized to perform')
    const { violations } = await sandbox.report()
    expect(violations).toEqual([
      {
        function: 'coffer-identity',
        region: BLIND,
        action: 'iam:GetAccountAuthorizationDetails',
        resource: '*',
        reason: 'because no identity-based policy allows the iam:GetAccountAuthorizationDetails action',
        role: { logicalId: expect.stringMatching(/^Identity/), stack: `Coffer-Service-${BLIND}` },
      },
    ])
  })
})
