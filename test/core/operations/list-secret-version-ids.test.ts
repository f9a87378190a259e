import { makeCoffer, token, type Coffer, type Json } from '../../support/coffer.ts'

describe('ListSecretVersionIds', () => {
  let coffer: Coffer
  const list = (input: Json = {}) => coffer.call('ListSecretVersionIds', { SecretId: 'a', ...input })
  beforeEach(async () => {
    coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') })
    for (const id of ['v2', 'v3']) {
      coffer.clock.advance(1_000)
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: id, ClientRequestToken: token(id) })
    }
  })
  afterEach(() => coffer.close())

  it('SM-VERSIONS-01 lists labelled versions, oldest first, with key and day of the last read', async () => {
    await coffer.call('GetSecretValue', { SecretId: 'a' })
    expect(await list()).toEqual({
      ARN: expect.any(String),
      Name: 'a',
      Versions: [
        {
          VersionId: token('v2'),
          VersionStages: ['AWSPREVIOUS'],
          CreatedDate: 1772360431.456,
          KmsKeyIds: ['DefaultEncryptionKey'],
        },
        {
          VersionId: token('v3'),
          VersionStages: ['AWSCURRENT'],
          CreatedDate: 1772360432.456,
          LastAccessedDate: Date.parse('2026-03-01') / 1000,
          KmsKeyIds: ['DefaultEncryptionKey'],
        },
      ],
    })
  })

  it('SM-VERSIONS-02 adds deprecated versions when asked', async () => {
    const { Versions } = await list({ IncludeDeprecated: true })
    expect((Versions as Json[]).map(({ VersionId }) => VersionId)).toEqual([token('v1'), token('v2'), token('v3')])
  })

  it('SM-ABSENT-06 a deprecated version has no VersionStages', async () => {
    const { Versions } = await list({ IncludeDeprecated: true })
    expect((Versions as Json[])[0]).not.toHaveProperty('VersionStages')
  })

  it('SM-VERSIONS-03 shows a customer key by its ARN', async () => {
    const KmsKeyId = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'keyed', SecretString: 'v', KmsKeyId })
    const { Versions } = await list({ SecretId: 'keyed' })
    expect(Versions).toMatchObject([{ KmsKeyIds: [KmsKeyId] }])
  })

  it('goes page by page, and a version added meanwhile is not seen twice', async () => {
    const first = await list({ MaxResults: 2, IncludeDeprecated: true })
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'v4', ClientRequestToken: token('v4') })
    const second = await list({ MaxResults: 2, IncludeDeprecated: true, NextToken: first.NextToken })
    const ids = [first, second].flatMap(({ Versions }) => (Versions as Json[]).map(({ VersionId }) => VersionId))
    expect(ids).toEqual([token('v1'), token('v2'), token('v3'), token('v4')])
    expect(second).not.toHaveProperty('NextToken')
  })

  it('SM-DELETE-06 works on a secret that is scheduled for deletion', async () => {
    await coffer.call('DeleteSecret', { SecretId: 'a' })
    expect((await list()).Versions).toHaveLength(2)
  })

  it('SM-LIST-10 refuses the NextToken of another secret', async () => {
    const { NextToken } = await list({ MaxResults: 1 })
    await coffer.call('CreateSecret', { Name: 'b' })
    await expect(list({ SecretId: 'b', NextToken })).rejects.toMatchObject({ code: 'InvalidNextTokenException' })
  })
})
