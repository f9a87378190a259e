import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeServices } from '../../../local/compose.ts'
import { codeAt, seedBytes, stepAt } from '../../../local/identities/totp.ts'
import type { RunningCoffer } from '../../../local/start.ts'
import { describeUnless, lacking, run, type Ran } from '../../support/other-programs.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { ADMIN, startForTest } from '../support/running-server.ts'
import { policy } from '../support/identities.ts'

const makeDirectory = suiteDirectories()

interface Credentials {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken?: string
}

describeUnless(lacking('aws', ['--version'], 'the AWS CLI'), 'the AWS CLI speaks IAM and STS', () => {
  jest.setTimeout(120_000)
  let coffer: RunningCoffer
  let alice: Credentials
  /** Of alice, with MFA. */
  let session: Credentials
  const seedFile = join(makeDirectory(), 'seed')

  beforeAll(async () => {
    ;({ coffer } = await startForTest(makeDirectory(), {}, { compose: composeServices }))
  })
  afterAll(() => coffer.close())

  function cli(args: readonly string[], credentials?: Credentials): Promise<Ran> {
    const { AccessKeyId, SecretAccessKey, SessionToken } = credentials ?? {
      AccessKeyId: ADMIN.accessKeyId,
      SecretAccessKey: ADMIN.secretAccessKey,
    }
    return run('aws', args, {
      environment: {
        AWS_ENDPOINT_URL: coffer.url,
        AWS_REGION: 'eu-central-1',
        AWS_DEFAULT_REGION: 'eu-central-1',
        AWS_DEFAULT_OUTPUT: 'json',
        AWS_ACCESS_KEY_ID: AccessKeyId,
        AWS_SECRET_ACCESS_KEY: SecretAccessKey,
        ...(SessionToken !== undefined && { AWS_SESSION_TOKEN: SessionToken }),
      },
    })
  }

  /** What it printed. @throws when it failed */
  async function aws(args: readonly string[], credentials?: Credentials): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await cli(args, credentials)
    if (code !== 0) throw new Error(`aws ${args.slice(0, 2).join(' ')}: ${stderr}`)
    return stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>)
  }

  it('makes a user with an access key and one policy', async () => {
    await aws(['iam', 'create-user', '--user-name', 'alice', '--tags', 'Key=stage,Value=prod'])
    const key = await aws(['iam', 'create-access-key', '--user-name', 'alice'])
    alice = key.AccessKey as Credentials
    const document = policy(
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' },
      { Effect: 'Allow', Action: ['iam:GetUser', 'iam:ListMFADevices'], Resource: '*' },
    )
    await aws(['iam', 'put-user-policy', '--user-name', 'alice', '--policy-name', 'own', '--policy-document', document])
    const kept = await aws(['iam', 'get-user-policy', '--user-name', 'alice', '--policy-name', 'own'])
    expect(kept.PolicyDocument).toEqual(JSON.parse(document))
    expect(await aws(['iam', 'get-user'], alice)).toMatchObject({
      User: { UserName: 'alice', Tags: [{ Key: 'stage', Value: 'prod' }] },
    })
  })

  it('is refused in the words of IAM', async () => {
    const { code, stderr } = await cli(['iam', 'list-users'], alice)
    expect(code).not.toBe(0)
    expect(stderr).toContain(
      '(AccessDenied) when calling the ListUsers operation: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action',
    )
  })

  it('makes a role with a managed policy', async () => {
    const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
    const Principal = { AWS: 'arn:aws:iam::123456789012:root' }
    const trust = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal, Condition })
    const readWrite = 'arn:aws:iam::aws:policy/SecretsManagerReadWrite'
    await aws(['iam', 'create-role', '--role-name', 'reader', '--assume-role-policy-document', trust])
    await aws(['iam', 'attach-role-policy', '--role-name', 'reader', '--policy-arn', readWrite])
    expect(await aws(['iam', 'list-attached-role-policies', '--role-name', 'reader'])).toEqual({
      AttachedPolicies: [{ PolicyName: 'SecretsManagerReadWrite', PolicyArn: readWrite }],
    })
    const role = await aws(['iam', 'get-role', '--role-name', 'reader'])
    expect(role).toMatchObject({ Role: { AssumeRolePolicyDocument: JSON.parse(trust) as object } })
  })

  it('makes an MFA device, enables it, and makes a session with a code of it', async () => {
    const serial = 'arn:aws:iam::123456789012:mfa/alice'
    expect(
      await aws([
        ...['iam', 'create-virtual-mfa-device', '--virtual-mfa-device-name', 'alice'],
        ...['--bootstrap-method', 'Base32StringSeed', '--outfile', seedFile],
      ]),
    ).toMatchObject({ VirtualMFADevice: { SerialNumber: serial } })
    const seed = seedBytes(readFileSync(seedFile, 'utf8'))!
    // The code after next would be too early; the next is good for half a minute at least.
    const step = stepAt(Date.now())
    const code = (offset: number): string => codeAt(seed, step + offset)
    await aws([
      ...['iam', 'enable-mfa-device', '--user-name', 'alice', '--serial-number', serial],
      ...['--authentication-code1', code(-1), '--authentication-code2', code(0)],
    ])
    expect(await aws(['iam', 'list-mfa-devices'], alice)).toMatchObject({
      MFADevices: [{ UserName: 'alice', SerialNumber: serial }],
    })
    const ask = ['sts', 'get-session-token', '--serial-number', serial, '--token-code', code(1)]
    session = (await aws(ask, alice)).Credentials as Credentials
    expect(session.SessionToken).toBeDefined()
    const again = await cli(ask, alice)
    expect(again.stderr).toContain('MultiFactorAuthentication failed with invalid MFA one time pass code.')
  })

  it('assumes the role with that session alone, and uses it', async () => {
    const role = 'arn:aws:iam::123456789012:role/reader'
    const assume = ['sts', 'assume-role', '--role-arn', role, '--role-session-name', 'work']
    expect((await cli(assume, alice)).stderr).toContain(
      `(AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: ${role}`,
    )
    const answer = await aws(assume, session)
    expect(answer).toMatchObject({
      AssumedRoleUser: { Arn: 'arn:aws:sts::123456789012:assumed-role/reader/work' },
    })
    const working = answer.Credentials as Credentials
    await aws(['secretsmanager', 'create-secret', '--name', 'db', '--secret-string', 'kept'], working)
    expect(await aws(['secretsmanager', 'get-secret-value', '--secret-id', 'db'], working)).toMatchObject({
      SecretString: 'kept',
    })
    const refused = await cli(['secretsmanager', 'get-secret-value', '--secret-id', 'db'], alice)
    expect(refused.stderr).toContain('AccessDeniedException')
  })

  it('pages through lists by itself', async () => {
    for (const name of ['p1', 'p2', 'p3']) await aws(['iam', 'create-group', '--group-name', name])
    expect(await aws(['iam', 'list-groups', '--page-size', '1', '--query', '{names: Groups[].GroupName}'])).toEqual({
      names: ['p1', 'p2', 'p3'],
    })
  })
})
