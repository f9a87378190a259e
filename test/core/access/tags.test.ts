import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { makeCoffer, type Coffer, type Json } from '../../support/coffer.ts'
import { document, MemoryDirectory } from '../../support/memory-directory.ts'

let directory: MemoryDirectory
let coffer: Coffer
let owner: Principal

beforeEach(async () => {
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  owner = directory.user('owner', { allow: [{ Action: '*' }] })
  await coffer.call(
    'CreateSecret',
    { Name: 'a', SecretString: 'v', Tags: [{ Key: 'Team', Value: 'red' }] },
    { principal: owner },
  )
})
afterEach(() => coffer.close())

const tag = (principal: Principal, tags: Json): Promise<Json> =>
  coffer.call(
    'TagResource',
    { SecretId: 'a', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    { principal },
  )
const untag = (principal: Principal, ...TagKeys: string[]): Promise<Json> =>
  coffer.call('UntagResource', { SecretId: 'a', TagKeys }, { principal })
const denied = { code: 'AccessDeniedException' }

describe('access by tags', () => {
  it.each(['aws:ResourceTag/Team', 'secretsmanager:ResourceTag/Team', 'aws:ResourceTag/team'])(
    '%s is compared with the tag of the secret',
    async (key) => {
      const reader = (value: string) =>
        directory.user(value, {
          allow: [{ Action: 'secretsmanager:GetSecretValue', Condition: { StringEquals: { [key]: value } } }],
        })
      await coffer.call('GetSecretValue', { SecretId: 'a' }, { principal: reader('red') })
      await expect(
        coffer.call('GetSecretValue', { SecretId: 'a' }, { principal: reader('blue') }),
      ).rejects.toMatchObject(denied)
    },
  )

  it('aws:PrincipalTag lets the members of each team at the secrets of theirs', async () => {
    const Condition = { StringEquals: { 'aws:ResourceTag/Team': '${aws:PrincipalTag/Team}' } }
    const allow = [{ Action: 'secretsmanager:GetSecretValue', Condition }]
    const member = (name: string, tags: Readonly<Record<string, string>>) => directory.user(name, { allow, tags })
    await coffer.call('GetSecretValue', { SecretId: 'a' }, { principal: member('red', { Team: 'red' }) })
    for (const principal of [member('blue', { Team: 'blue' }), member('none', {}), member('wild', { Team: '*' })])
      await expect(coffer.call('GetSecretValue', { SecretId: 'a' }, { principal })).rejects.toMatchObject(denied)
  })

  it('a tag whose keys differ in case alone has no certain value', async () => {
    await tag(owner, { team: 'blue' })
    const Condition = { StringEquals: { 'aws:ResourceTag/Team': ['red', 'blue'] } }
    const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:GetSecretValue', Condition }] })
    await expect(coffer.call('GetSecretValue', { SecretId: 'a' }, { principal })).rejects.toMatchObject(denied)
  })

  it('a tag is not there by a spelling that is the same to Unicode alone', async () => {
    await tag(owner, { '\u212Aey': 'mine' })
    for (const value of ['mine', 'other']) {
      const Condition = { StringEquals: { 'aws:ResourceTag/key': value } }
      const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:GetSecretValue', Condition }] })
      await expect(coffer.call('GetSecretValue', { SecretId: 'a' }, { principal })).rejects.toMatchObject(denied)
    }
  })

  it('aws:RequestTag and aws:TagKeys limit the tags that a caller may put', async () => {
    const Condition = {
      StringEquals: { 'aws:RequestTag/Stage': ['dev', 'test'] },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['Stage', 'Owner'] },
    }
    const principal = directory.user('tagger', { allow: [{ Action: 'secretsmanager:TagResource', Condition }] })
    await tag(principal, { Stage: 'dev', Owner: 'me' })
    await expect(tag(principal, { Stage: 'prod' })).rejects.toMatchObject(denied)
    await expect(tag(principal, { Stage: 'dev', Other: 'x' })).rejects.toMatchObject(denied)
    await expect(tag(principal, { Owner: 'me' })).rejects.toMatchObject(denied)
  })

  it('aws:RequestTag limits CreateSecret, and aws:TagKeys UntagResource', async () => {
    const principal = directory.user('maker', {
      allow: [
        {
          Action: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
          Condition: { StringEquals: { 'aws:RequestTag/Team': 'blue' } },
        },
        {
          Action: 'secretsmanager:UntagResource',
          Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Other'] } },
        },
      ],
    })
    await coffer.call('CreateSecret', { Name: 'b', Tags: [{ Key: 'Team', Value: 'blue' }] }, { principal })
    await expect(coffer.call('CreateSecret', { Name: 'c' }, { principal })).rejects.toMatchObject(denied)
    await untag(principal, 'Other')
    await expect(untag(principal, 'Team')).rejects.toMatchObject(denied)
  })
})

describe('SM-TAG-05 a change of tags by which the caller would lose their access', () => {
  const member = (): Principal =>
    directory.user('member', {
      allow: [{ Action: 'secretsmanager:*', Condition: { StringEquals: { 'aws:ResourceTag/Team': 'red' } } }],
    })
  const tagsNow = async (): Promise<unknown> =>
    (await coffer.call('DescribeSecret', { SecretId: 'a' }, { principal: owner })).Tags

  it('is refused and changes nothing when a tag is put', async () => {
    await expect(tag(member(), { Team: 'blue' })).rejects.toMatchObject(denied)
    expect(await tagsNow()).toEqual([{ Key: 'Team', Value: 'red' }])
  })

  it('is refused and changes nothing when a tag is removed', async () => {
    await expect(untag(member(), 'Team')).rejects.toMatchObject(denied)
    expect(await tagsNow()).toEqual([{ Key: 'Team', Value: 'red' }])
  })

  it('is refused also when only reading would be lost', async () => {
    const principal = directory.user('reader', {
      allow: [
        { Action: 'secretsmanager:TagResource' },
        { Action: 'secretsmanager:GetSecretValue', Condition: { StringEquals: { 'aws:ResourceTag/Team': 'red' } } },
      ],
    })
    await expect(tag(principal, { Team: 'blue' })).rejects.toMatchObject({
      message: expect.stringContaining('is not authorized to perform: secretsmanager:GetSecretValue'),
    })
  })

  it('is refused when a resource policy denies by the new tag', async () => {
    const ResourcePolicy = document([
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'secretsmanager:GetSecretValue',
        Condition: { StringEquals: { 'aws:ResourceTag/Sealed': 'yes' } },
      },
    ])
    await coffer.call('PutResourcePolicy', { SecretId: 'a', ResourcePolicy }, { principal: owner })
    await expect(tag(owner, { Sealed: 'yes' })).rejects.toMatchObject({
      message: expect.stringContaining('with an explicit deny in a resource-based policy'),
    })
    expect(await tagsNow()).toEqual([{ Key: 'Team', Value: 'red' }])
  })

  it('tells another account no suffix that it did not name', async () => {
    const { ARN } = await coffer.call('DescribeSecret', { SecretId: 'a' }, { principal: owner })
    const partial = String(ARN).slice(0, -7)
    const Condition = { StringEquals: { 'aws:ResourceTag/Team': 'red' } }
    const ResourcePolicy = document([{ Principal: { AWS: '222222222222' }, Action: '*', Condition }])
    await coffer.call('PutResourcePolicy', { SecretId: 'a', ResourcePolicy }, { principal: owner })
    const principal = directory.user('far', { account: '222222222222', allow: [{ Action: '*' }] })
    await expect(
      coffer.call('TagResource', { SecretId: partial, Tags: [{ Key: 'Team', Value: 'blue' }] }, { principal }),
    ).rejects.toMatchObject({ message: expect.stringContaining(`on resource: ${partial} because`) })
  })

  it('is carried out for whoever keeps theirs, and other tags may be changed', async () => {
    await tag(member(), { Stage: 'dev' })
    await tag(owner, { Team: 'blue' })
    expect(await tagsNow()).toEqual([
      { Key: 'Team', Value: 'blue' },
      { Key: 'Stage', Value: 'dev' },
    ])
  })
})
