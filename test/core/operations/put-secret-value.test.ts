import { makeCoffer, token, type Coffer } from '../../support/coffer.ts'

const DAY = 86_400_000

describe('PutSecretValue', () => {
  let coffer: Coffer
  const put = (id: string, SecretString = 'v', rest = {}) =>
    coffer.call('PutSecretValue', { SecretId: 'a', SecretString, ClientRequestToken: token(id), ...rest })
  beforeEach(async () => {
    coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
  })
  afterEach(() => coffer.close())

  it('SM-PUT-01 answers with the labels that the version has now', async () => {
    expect(await put('two')).toEqual({
      ARN: expect.any(String),
      Name: 'a',
      VersionId: token('two'),
      VersionStages: ['AWSCURRENT'],
    })
  })

  it('SM-PUT-02 refuses a request without a value', async () => {
    await expect(put('two', undefined, { SecretString: undefined })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: 'You must provide either SecretString or SecretBinary.',
    })
  })

  it('SM-TOKEN-01 misses the token before it looks for the secret', async () => {
    const refused = coffer.call('PutSecretValue', { SecretId: 'nothing', SecretString: 'v', ClientRequestToken: null })
    await expect(refused).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    })
  })

  it('SM-TOKEN-04 a replay changes nothing, labels and dates included', async () => {
    await put('two', 'v', { VersionStages: ['X'] })
    const before = await coffer.call('DescribeSecret', { SecretId: 'a' })
    coffer.clock.advance(DAY)
    expect((await put('two', 'v', { VersionStages: ['Y'] })).VersionStages).toEqual(['X'])
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).toEqual(before)
  })

  it('SM-TOKEN-05 refuses another value under the token of an existing version', async () => {
    await put('two', 'v')
    await expect(put('two', 'w')).rejects.toMatchObject({ code: 'ResourceExistsException' })
  })

  it('SM-TOKEN-07 the same value under a new token is a new version', async () => {
    await put('two', 'first')
    const { Versions } = await coffer.call('ListSecretVersionIds', { SecretId: 'a' })
    expect(Versions).toHaveLength(2)
  })

  it('SM-TOKEN-06 the token of an empty AWSPENDING version stores its value there', async () => {
    const key = { account: '123456789012', region: 'us-east-1', name: 'a' }
    const stored = await coffer.store.load(key)
    const pending = { id: token('pend'), createdAt: 5, stages: ['AWSPENDING'], value: { kind: 'none' } } as const
    const head = { ...stored!.head, revision: 2, versions: [...stored!.head.versions, pending] }
    await coffer.store.commit({ head, put: [], drop: [] })
    const get = { SecretId: 'a', VersionId: token('pend'), VersionStage: 'AWSPENDING' }
    await expect(coffer.call('GetSecretValue', get)).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${token('pend')}`,
    })
    const answer = await put('pend', 'new', { VersionStages: ['AWSPENDING'] })
    expect(answer.VersionStages).toEqual(['AWSPENDING'])
    expect((await coffer.call('GetSecretValue', get)).SecretString).toBe('new')
  })

  it('SM-CLEAN-01 keeps 100 versions: unlabelled ones older than a day go, oldest first', async () => {
    for (let index = 0; index < 99; index++) await put(`v${index}`)
    coffer.clock.advance(DAY)
    await put('one-more')
    const { Versions } = await coffer.call('ListSecretVersionIds', { SecretId: 'a', IncludeDeprecated: true })
    expect(Versions).toHaveLength(100)
    await expect(coffer.call('GetSecretValue', { SecretId: 'a', VersionId: token('first') })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
    await expect(coffer.call('GetSecretValue', { SecretId: 'a', VersionId: token('v0') })).resolves.toBeDefined()
    expect(await coffer.store.scanValues(undefined, 1000)).toHaveLength(99)
  })

  it('SM-CLEAN-01 refuses the 101st version while the others are younger than a day', async () => {
    for (let index = 0; index < 99; index++) await put(`v${index}`)
    await expect(put('one-more')).rejects.toMatchObject({ code: 'LimitExceededException' })
    await expect(coffer.call('GetSecretValue', { SecretId: 'a' })).resolves.toMatchObject({ VersionId: token('v98') })
  })

  it('writers of one secret all succeed, and each of their values can be read', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `w${index}`)
    await Promise.all(ids.map((id) => put(id, `value ${id}`)))
    for (const id of ids) {
      const answer = await coffer.call('GetSecretValue', { SecretId: 'a', VersionId: token(id) })
      expect(answer.SecretString).toBe(`value ${id}`)
    }
  })

  it('runs again on fresh state when another process was first, and gives up as ThrottlingException', async () => {
    let conflicts = 3
    const busy = makeCoffer({
      wrapStore: (store) => {
        const commit = store.commit.bind(store)
        store.commit = async (change) => (change.head.revision > 1 && conflicts-- > 0 ? 'conflict' : commit(change))
        return store
      },
    })
    await busy.call('CreateSecret', { Name: 'a' })
    await expect(busy.call('PutSecretValue', { SecretId: 'a', SecretString: 'v' })).resolves.toBeDefined()
    expect(busy.keys.calls.filter((call) => call === 'generate')).toHaveLength(1)
    conflicts = 1_000
    await expect(busy.call('PutSecretValue', { SecretId: 'a', SecretString: 'v' })).rejects.toMatchObject({
      code: 'ThrottlingException',
      message: 'Rate exceeded',
    })
    busy.close()
  })
})
