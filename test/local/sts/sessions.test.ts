import type { Principal, Session } from '../../../lambda/auth/principal.ts'
import { ACCOUNT, allowing, makeIdentities, OTHER, policy, rootOf, type Parameters } from '../support/identities.ts'

const ROLE = `arn:aws:iam::${ACCOUNT}:role/team/reader`
const ASSUME = { RoleArn: ROLE, RoleSessionName: 'work' }

const denied = (message: string): object => ({ status: 403, code: 'AccessDenied', message })
const notAuthorized = (principal: Principal, action = 'sts:AssumeRole', resource = ROLE): object =>
  denied(`User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`)
const sessionOf = ({ session }: Principal): Session => session as Session

describe('STS', () => {
  let world: ReturnType<typeof makeIdentities>
  let alice: Principal

  /** The role as it is to trust. */
  async function trust(...statements: object[]): Promise<void> {
    const document = policy(...statements.map((each) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', ...each })))
    if (world.store.account(ACCOUNT).roles.has('reader'))
      await world.iam('UpdateAssumeRolePolicy', { RoleName: 'reader', PolicyDocument: document })
    else await world.iam('CreateRole', { RoleName: 'reader', Path: '/team/', AssumeRolePolicyDocument: document })
  }

  const assume = (parameters: Parameters = {}, principal: Principal = alice) =>
    world.sts('AssumeRole', { ...ASSUME, ...parameters }, principal)

  beforeEach(async () => {
    world = makeIdentities()
    alice = await world.user('alice')
  })

  describe('AssumeRole', () => {
    it('gives credentials of a role that trusts the user by name', async () => {
      await trust({ Principal: { AWS: alice.arn } })
      const answer = await assume()
      const { id } = world.store.account(ACCOUNT).roles.get('reader')!
      expect(answer.text('Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/reader/work`)
      expect(answer.text('AssumedRoleId')).toBe(`${id}:work`)
      expect(answer.text('Expiration')).toBe('2026-03-01T11:20:30Z')
      expect(answer.body).not.toContain('PackedPolicySize')
      expect(world.opened(answer)).toMatchObject({
        account: ACCOUNT,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/reader/work`,
        userId: `${id}:work`,
      })
    })

    it('leaves it to the identity policies where the role trusts the account', async () => {
      await trust({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })
      await expect(assume()).rejects.toMatchObject(notAuthorized(alice))
      await world.allow('alice', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: ROLE })
      await expect(assume()).resolves.toBeDefined()
      await world.allow('alice', { Effect: 'Deny', Action: 'sts:AssumeRole', Resource: ROLE })
      await expect(assume()).rejects.toMatchObject(notAuthorized(alice))
    })

    it('needs both sides between accounts', async () => {
      const eve = await world.user('eve', undefined, OTHER)
      await trust({ Principal: { AWS: eve.arn } })
      await expect(assume({}, eve)).rejects.toMatchObject(notAuthorized(eve))
      await world.allow('eve', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: ROLE }, OTHER)
      expect(world.opened(await assume({}, eve)).account).toBe(ACCOUNT)
      await trust({ Principal: { AWS: alice.arn } })
      await expect(assume({}, eve)).rejects.toMatchObject(notAuthorized(eve))
    })

    it('refuses a role that is not there as one that does not trust', async () => {
      await world.allow('alice', allowing('sts:*'))
      await trust({ Principal: { AWS: `arn:aws:iam::${OTHER}:root` } })
      const missing = `arn:aws:iam::${ACCOUNT}:role/reader`
      await expect(assume()).rejects.toMatchObject(notAuthorized(alice))
      await expect(assume({ RoleArn: missing })).rejects.toMatchObject(notAuthorized(alice, 'sts:AssumeRole', missing))
    })

    it.each<[what: string, condition: object, good: Parameters, bad: Parameters]>([
      ['sts:ExternalId', { StringEquals: { 'sts:ExternalId': 'xyz' } }, { ExternalId: 'xyz' }, { ExternalId: 'abc' }],
      ['a missing sts:ExternalId', { StringEquals: { 'sts:ExternalId': 'xyz' } }, { ExternalId: 'xyz' }, {}],
      [
        'sts:RoleSessionName',
        { StringLike: { 'sts:RoleSessionName': '${aws:username}' } },
        { RoleSessionName: 'alice' },
        { RoleSessionName: 'bob' },
      ],
    ])('knows %s', async (_, Condition, good, bad) => {
      await trust({ Principal: { AWS: alice.arn }, Condition })
      await expect(assume(bad)).rejects.toMatchObject(notAuthorized(alice))
      await expect(assume(good)).resolves.toBeDefined()
    })

    it('with MFA wants a code of the caller, which counts once', async () => {
      await trust({
        Principal: { AWS: alice.arn },
        Condition: {
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          NumericLessThan: { 'aws:MultiFactorAuthAge': '60' },
        },
      })
      const { serialNumber: SerialNumber, code } = await world.mfa('alice')
      await expect(assume()).rejects.toMatchObject(notAuthorized(alice))
      const wrong = denied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
      await expect(assume({ SerialNumber, TokenCode: '000000' })).rejects.toMatchObject(wrong)
      await expect(assume({ SerialNumber })).rejects.toMatchObject({ code: 'AccessDenied' })
      const TokenCode = code()
      const session = sessionOf(world.opened(await assume({ SerialNumber, TokenCode })))
      // The session does not say so: that is for GetSessionToken.
      expect(session.mfaAt).toBeUndefined()
      await expect(assume({ SerialNumber, TokenCode })).rejects.toMatchObject(wrong)
    })

    it('does not take a code of somebody else', async () => {
      await trust({ Principal: { AWS: alice.arn } })
      await world.user('bob')
      const { serialNumber, code } = await world.mfa('bob')
      await expect(assume({ SerialNumber: serialNumber, TokenCode: code() })).rejects.toMatchObject({
        code: 'AccessDenied',
        message: expect.stringContaining('unable to validate MFA code'),
      })
    })

    it('passes tags where the role lets them be passed', async () => {
      const tags = { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'blue' }
      await trust({ Principal: { AWS: alice.arn } })
      await expect(assume(tags)).rejects.toMatchObject(notAuthorized(alice, 'sts:TagSession'))
      await trust({
        Principal: { AWS: alice.arn },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: { StringEquals: { 'aws:RequestTag/team': ['blue', 'red'] } },
      })
      const answer = await assume(tags)
      expect(sessionOf(world.opened(answer)).tags).toEqual({ team: 'blue' })
      expect(Number(answer.text('PackedPolicySize'))).toBeGreaterThan(0)
      await expect(assume({ ...tags, 'Tags.member.1.Value': 'green' })).rejects.toMatchObject({ code: 'AccessDenied' })
      await expect(assume({ 'TransitiveTagKeys.member.1': 'team' })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
      })
    })

    it('hands transitive tags and the source identity on along a chain, an hour at most', async () => {
      const everybody = {
        Principal: { AWS: '*' },
        Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      }
      await trust(everybody)
      await world.allow('alice', allowing('sts:*'))
      await world.iam('PutRolePolicy', {
        RoleName: 'reader',
        PolicyName: 'chain',
        PolicyDocument: policy(allowing('sts:*')),
      })
      await world.iam('UpdateRole', { RoleName: 'reader', MaxSessionDuration: 43_200 })
      const first = world.opened(
        await assume({
          'Tags.member.1.Key': 'team',
          'Tags.member.1.Value': 'blue',
          'Tags.member.2.Key': 'once',
          'Tags.member.2.Value': 'x',
          'TransitiveTagKeys.member.1': 'team',
          SourceIdentity: 'alice',
          DurationSeconds: 43_200,
        }),
      )
      const second = sessionOf(world.opened(await assume({}, first)))
      expect(second).toMatchObject({ tags: { team: 'blue' }, sourceIdentity: 'alice', transitiveTagKeys: ['team'] })
      await expect(assume({ DurationSeconds: 3601 }, first)).rejects.toMatchObject({
        code: 'ValidationError',
        message: expect.stringContaining('1 hour session limit'),
      })
      const override = { 'Tags.member.1.Key': 'TEAM', 'Tags.member.1.Value': 'red' }
      await expect(assume(override, first)).rejects.toMatchObject({ code: 'InvalidParameterValue' })
      await expect(assume({ SourceIdentity: 'bob' }, first)).rejects.toMatchObject({ code: 'InvalidParameterValue' })
    })

    it('sets on a further session what it inherits, where its role lets that be set', async () => {
      const inherited = {
        'Tags.member.1.Key': 'team',
        'Tags.member.1.Value': 'blue',
        'TransitiveTagKeys.member.1': 'team',
      }
      const setting = (...actions: string[]): object => ({
        Principal: { AWS: '*' },
        Action: ['sts:AssumeRole', ...actions],
      })
      const [tagging, naming] = ['sts:TagSession', 'sts:SetSourceIdentity']
      await trust(setting(tagging, naming))
      await world.allow('alice', allowing('sts:*'))
      const may = { RoleName: 'reader', PolicyName: 'chain', PolicyDocument: policy(allowing('sts:AssumeRole')) }
      await world.iam('PutRolePolicy', may)
      const [plain, tagged, named] = [
        world.opened(await assume()),
        world.opened(await assume(inherited)),
        world.opened(await assume({ SourceIdentity: 'alice' })),
      ]
      await trust(setting())
      await expect(assume({}, plain)).resolves.toBeDefined()
      await expect(assume({}, tagged)).rejects.toMatchObject(notAuthorized(tagged, 'sts:TagSession'))
      await expect(assume({}, named)).rejects.toMatchObject(notAuthorized(named, 'sts:SetSourceIdentity'))
      await trust(setting(tagging))
      await expect(assume({}, tagged)).resolves.toBeDefined()
      await expect(assume({}, named)).rejects.toMatchObject(notAuthorized(named, 'sts:SetSourceIdentity'))
      await trust(setting(naming))
      await expect(assume({}, named)).resolves.toBeDefined()
      await expect(assume({}, tagged)).rejects.toMatchObject(notAuthorized(tagged, 'sts:TagSession'))
    })

    it('shows the conditions what a further session inherits', async () => {
      const everything = {
        Principal: { AWS: '*' },
        Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      }
      await trust(everything)
      await world.allow('alice', allowing('sts:*'))
      const first = world.opened(
        await assume({
          'Tags.member.1.Key': 'team',
          'Tags.member.1.Value': 'blue',
          'TransitiveTagKeys.member.1': 'team',
          SourceIdentity: 'alice',
        }),
      )
      for (const [key, good, bad] of [
        ['aws:RequestTag/team', 'blue', 'red'],
        ['aws:TagKeys', 'team', 'other'],
        ['sts:TransitiveTagKeys', 'team', 'other'],
        ['sts:SourceIdentity', 'alice', 'bob'],
      ] as const) {
        const denying = (value: string): object => ({
          ...everything,
          Effect: 'Deny',
          Condition: { 'ForAnyValue:StringEquals': { [key]: value } },
        })
        await trust(everything, denying(good))
        await expect(assume({}, first)).rejects.toMatchObject(notAuthorized(first))
        await trust(everything, denying(bad))
        await expect(assume({}, first)).resolves.toBeDefined()
      }
    })

    it('does not take one who was made later under an old name for the one that is trusted', async () => {
      await trust({ Principal: { AWS: alice.arn } })
      await world.iam('UpdateUser', { UserName: 'alice', NewUserName: 'alicia' })
      const impostor = await world.user('alice')
      expect(impostor.arn).toBe(alice.arn)
      await expect(assume({}, impostor)).rejects.toMatchObject(notAuthorized(impostor))
      // She herself is, under her new name.
      await expect(assume({}, world.principalOf('alicia'))).resolves.toBeDefined()
      await trust({ Principal: { AWS: alice.arn } })
      await expect(assume({}, impostor)).resolves.toBeDefined()
    })

    it('does not take a session of a role that was made later for one of the role that is trusted', async () => {
      const chained = `arn:aws:sts::${ACCOUNT}:assumed-role/first/work`
      const make = async (): Promise<Principal> => {
        const AssumeRolePolicyDocument = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*' } })
        await world.iam('CreateRole', { RoleName: 'first', AssumeRolePolicyDocument })
        return world.opened(await assume({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/first` }))
      }
      const first = await make()
      await trust({ Principal: { AWS: chained } })
      await expect(assume({}, first)).resolves.toBeDefined()
      await world.iam('DeleteRole', { RoleName: 'first' })
      const second = await make()
      expect(second.arn).toBe(chained)
      await expect(assume({}, second)).rejects.toMatchObject(notAuthorized(second))
    })

    it.each([
      `arn:aws:iam::${ACCOUNT}:user/nobody`,
      `arn:aws:iam::${ACCOUNT}:user/path/alice`,
      `arn:aws:iam::${ACCOUNT}:role/nothing`,
      `arn:aws:sts::${ACCOUNT}:assumed-role/nothing/work`,
      'AIDANOBODYHASTHISID2',
    ])('cannot be given to %s, who is not there', async (AWS) => {
      const refused = {
        status: 400,
        code: 'MalformedPolicyDocument',
        message: `Invalid principal in policy: "AWS":"${AWS}"`,
      }
      await expect(trust({ Principal: { AWS } })).rejects.toMatchObject(refused)
      await trust({ Principal: { AWS: alice.arn } })
      await expect(trust({ Principal: { AWS: [alice.arn, AWS] } })).rejects.toMatchObject(refused)
      await expect(trust({ Principal: { AWS: alice.userId } })).resolves.toBeUndefined()
      await expect(assume()).resolves.toBeDefined()
    })

    it('keeps session policies: texts, and managed ones as they are now', async () => {
      await trust({ Principal: { AWS: alice.arn } })
      const Policy = policy(allowing('secretsmanager:GetSecretValue'))
      const session = sessionOf(
        world.opened(await assume({ Policy, 'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' })),
      )
      expect(session.policies).toEqual([Policy, expect.stringContaining('iam:Get*')])
      await expect(assume({ Policy: '{' })).rejects.toMatchObject({ code: 'MalformedPolicyDocument', status: 400 })
      await expect(assume({ Policy: `${' '.repeat(2048)}${Policy}` })).rejects.toMatchObject({
        code: 'ValidationError',
      })
      const missing = { 'PolicyArns.member.1.arn': `arn:aws:iam::${ACCOUNT}:policy/none` }
      await expect(assume(missing)).rejects.toMatchObject({ code: 'MalformedPolicyDocument' })
    })

    it.each<[what: string, parameters: Parameters, code: string]>([
      ['longer than the role allows', { DurationSeconds: 3601 }, 'ValidationError'],
      ['shorter than 15 minutes', { DurationSeconds: 899 }, 'ValidationError'],
      ['an ARN of no role', { RoleArn: `arn:aws:iam::${ACCOUNT}:user/alice` }, 'ValidationError'],
      ['a session name with blanks', { RoleSessionName: 'a b' }, 'ValidationError'],
    ])('refuses %s', async (_, parameters, code) => {
      await trust({ Principal: { AWS: alice.arn } })
      await expect(assume(parameters)).rejects.toMatchObject({ status: 400, code })
    })

    it('is not for the root of an account', async () => {
      await trust({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })
      await expect(assume({}, rootOf(ACCOUNT))).rejects.toMatchObject(
        denied('Roles may not be assumed by root accounts.'),
      )
    })
  })

  describe('GetSessionToken', () => {
    it('needs no permission, and carries MFA with a code alone', async () => {
      const { serialNumber: SerialNumber, code } = await world.mfa('alice')
      const plain = world.opened(await world.sts('GetSessionToken', {}, alice))
      expect(plain).toMatchObject({ arn: alice.arn, userId: alice.userId })
      expect(sessionOf(plain).mfaAt).toBeUndefined()
      const TokenCode = code()
      const answer = await world.sts('GetSessionToken', { SerialNumber, TokenCode, DurationSeconds: 900 }, alice)
      expect(sessionOf(world.opened(answer)).mfaAt).toBe(world.clock.now())
      expect(Date.parse(answer.text('Expiration')) - world.clock.now()).toBeLessThanOrEqual(900_000)
      await expect(world.sts('GetSessionToken', { SerialNumber, TokenCode }, alice)).rejects.toMatchObject(
        denied('MultiFactorAuthentication failed with invalid MFA one time pass code. '),
      )
    })

    it('is called with long-term credentials of users only', async () => {
      const session = world.opened(await world.sts('GetSessionToken', {}, alice))
      const refused = denied('Cannot call GetSessionToken with session credentials')
      await expect(world.sts('GetSessionToken', {}, session)).rejects.toMatchObject(refused)
      await expect(world.sts('GetSessionToken', {}, rootOf(ACCOUNT))).rejects.toMatchObject({ code: 'AccessDenied' })
      await expect(world.sts('GetSessionToken', { DurationSeconds: 129_601 }, alice)).rejects.toMatchObject({
        code: 'ValidationError',
      })
    })
  })

  describe('GetFederationToken', () => {
    it('needs permission, and makes a session that cannot make others', async () => {
      const call = { Name: 'bob', Policy: policy(allowing('secretsmanager:*')) }
      const arn = `arn:aws:sts::${ACCOUNT}:federated-user/bob`
      await expect(world.sts('GetFederationToken', call, alice)).rejects.toMatchObject(
        notAuthorized(alice, 'sts:GetFederationToken', arn),
      )
      await world.allow('alice', allowing('sts:GetFederationToken'))
      const answer = await world.sts('GetFederationToken', call, alice)
      expect([answer.text('FederatedUserId'), answer.text('Arn')]).toEqual([`${ACCOUNT}:bob`, arn])
      const federated = world.opened(answer)
      expect(federated.arn).toBe(arn)
      await trust({ Principal: { AWS: '*' } })
      for (const [action, parameters] of [
        ['AssumeRole', ASSUME],
        ['GetSessionToken', {}],
        ['GetFederationToken', call],
      ] as const)
        await expect(world.sts(action, parameters, federated)).rejects.toMatchObject({ code: 'AccessDenied' })
      expect((await world.sts('GetCallerIdentity', {}, federated)).text('Arn')).toBe(arn)
    })
  })

  it('tells the account of an access key to who may know', async () => {
    await world.user('eve', undefined, OTHER)
    const AccessKeyId = (await world.iam('CreateAccessKey', { UserName: 'eve' }, rootOf(OTHER))).text('AccessKeyId')
    await expect(world.sts('GetAccessKeyInfo', { AccessKeyId }, alice)).rejects.toMatchObject({ code: 'AccessDenied' })
    await world.allow('alice', allowing('sts:GetAccessKeyInfo'))
    expect((await world.sts('GetAccessKeyInfo', { AccessKeyId }, alice)).text('Account')).toBe(OTHER)
  })
})
