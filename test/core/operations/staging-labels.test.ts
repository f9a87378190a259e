import { makeCoffer, token, type Coffer } from '../../support/coffer.ts'

describe('staging labels', () => {
  let coffer: Coffer
  const put = (id: string, stages?: string[]) =>
    coffer.call('PutSecretValue', {
      SecretId: 'a',
      SecretString: `value ${id}`,
      ClientRequestToken: token(id),
      ...(stages && { VersionStages: stages }),
    })
  const move = (VersionStage: string, to?: string, from?: string) =>
    coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage,
      ...(to && { MoveToVersionId: token(to) }),
      ...(from && { RemoveFromVersionId: token(from) }),
    })
  const stages = async (): Promise<Record<string, string[]>> => {
    const { VersionIdsToStages = {} } = await coffer.call('DescribeSecret', { SecretId: 'a' })
    const entries = Object.entries(VersionIdsToStages as Record<string, string[]>)
    return Object.fromEntries(entries.map(([id, held]) => [id.replace(/-+$/, ''), held]))
  }

  beforeEach(async () => {
    coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'value v1', ClientRequestToken: token('v1') })
  })
  afterEach(() => coffer.close())

  it('SM-LABEL-01 a custom label leaves its former holder', async () => {
    await put('v2', ['X'])
    await put('v3', ['X'])
    expect(await stages()).toEqual({ v1: ['AWSCURRENT'], v3: ['X'] })
  })

  it('SM-LABEL-02 AWSPREVIOUS follows AWSCURRENT', async () => {
    await put('v2')
    expect(await stages()).toEqual({ v1: ['AWSPREVIOUS'], v2: ['AWSCURRENT'] })
    await put('v3')
    expect(await stages()).toEqual({ v2: ['AWSPREVIOUS'], v3: ['AWSCURRENT'] })
  })

  it('SM-LABEL-02 a rollback swaps AWSCURRENT and AWSPREVIOUS', async () => {
    await put('v2')
    await move('AWSCURRENT', 'v1', 'v2')
    expect(await stages()).toEqual({ v1: ['AWSCURRENT'], v2: ['AWSPREVIOUS'] })
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('value v1')
  })

  it('SM-LABEL-03 custom labels stay where they are when AWSCURRENT moves on', async () => {
    await put('v2', ['AWSCURRENT', 'PUT0'])
    await put('v3')
    expect(await stages()).toEqual({ v2: ['AWSPREVIOUS', 'PUT0'], v3: ['AWSCURRENT'] })
    await put('v4')
    expect(await stages()).toEqual({ v2: ['PUT0'], v3: ['AWSPREVIOUS'], v4: ['AWSCURRENT'] })
  })

  it('SM-LABEL-04 promotion leaves AWSPENDING on the promoted version', async () => {
    await put('v2', ['AWSPENDING'])
    await move('AWSCURRENT', 'v2', 'v1')
    expect(await stages()).toEqual({ v1: ['AWSPREVIOUS'], v2: ['AWSCURRENT', 'AWSPENDING'] })
  })

  it('SM-LABEL-05 a new AWSCURRENT by PutSecretValue takes AWSPENDING from the former one', async () => {
    await put('v2', ['AWSPENDING'])
    await move('AWSCURRENT', 'v2', 'v1')
    await put('v3')
    expect(await stages()).toEqual({ v2: ['AWSPREVIOUS'], v3: ['AWSCURRENT'] })
  })

  it('SM-LABEL-07 other labels leave AWSCURRENT where it is', async () => {
    await put('v2', ['X', 'Y'])
    expect(await stages()).toEqual({ v1: ['AWSCURRENT'], v2: ['X', 'Y'] })
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('value v1')
  })

  it('SM-LABEL-08 accepts other labels that start with AWS', async () => {
    await put('v2', ['AWSSOMETHING'])
    expect((await stages()).v2).toEqual(['AWSSOMETHING'])
  })

  it('SM-LABEL-09 moving a custom label does not touch AWSPREVIOUS', async () => {
    await put('v2')
    await put('v3', ['X'])
    await move('X', 'v2', 'v3')
    expect(await stages()).toEqual({ v1: ['AWSPREVIOUS'], v2: ['AWSCURRENT', 'X'] })
  })

  it('SM-LABEL-10 refuses to remove AWSCURRENT without a target', async () => {
    await expect(move('AWSCURRENT', undefined, 'v1')).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message:
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    })
  })

  it('SM-LABEL-11 the first version is AWSCURRENT whatever was asked, in addition', async () => {
    await coffer.call('CreateSecret', { Name: 'empty' })
    const answer = await coffer.call('PutSecretValue', { SecretId: 'empty', SecretString: 'v', VersionStages: ['X'] })
    expect(answer.VersionStages).toEqual(['AWSCURRENT', 'X'])
  })

  it('SM-LABEL-12 refuses the twenty-first label', async () => {
    const many = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `L${from + index}`)
    await put('v2', many(0, 19))
    await expect(put('v3', ['one-more'])).rejects.toMatchObject({ code: 'LimitExceededException' })
    await expect(move('one-more', 'v1')).rejects.toMatchObject({ code: 'LimitExceededException' })
    await expect(move('L0', 'v1', 'v2')).resolves.toBeDefined()
  })

  it('SM-LABEL-13 a version without label is deprecated, and still readable by its id', async () => {
    await put('v2')
    await put('v3')
    expect(await stages()).not.toHaveProperty('v1')
    const answer = await coffer.call('GetSecretValue', { SecretId: 'a', VersionId: token('v1') })
    expect(answer).toMatchObject({ SecretString: 'value v1' })
    expect(answer).not.toHaveProperty('VersionStages')
  })

  it('SM-LABEL-14 moving a held label needs RemoveFromVersionId', async () => {
    await put('v2', ['X'])
    await expect(move('AWSCURRENT', 'v2')).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${token('v1')}, so you must explicitly reference that version in RemoveFromVersionId.`,
    })
  })

  it('SM-LABEL-15 attaches with MoveToVersionId alone and detaches with RemoveFromVersionId alone', async () => {
    await move('X', 'v1')
    expect(await stages()).toEqual({ v1: ['AWSCURRENT', 'X'] })
    await move('X', undefined, 'v1')
    expect(await stages()).toEqual({ v1: ['AWSCURRENT'] })
  })

  it.each([
    ['no id at all', () => move('X')],
    ['an unknown target', () => move('X', 'nothing')],
    ['an unknown source', () => move('X', 'v1', 'nothing')],
    ['a source that has not the label', () => move('X', undefined, 'v1')],
  ])('SM-LABEL-15 refuses %s', async (_, act) => {
    await expect(act()).rejects.toMatchObject({ code: 'InvalidParameterException' })
  })

  it('SM-DATE-01 a label that is where it should be changes nothing, any other move changes LastChangedDate', async () => {
    const before = (await coffer.call('DescribeSecret', { SecretId: 'a' })).LastChangedDate
    coffer.clock.advance(5_000)
    await move('AWSCURRENT', 'v1', 'v1')
    expect((await coffer.call('DescribeSecret', { SecretId: 'a' })).LastChangedDate).toBe(before)
    await move('X', 'v1')
    expect((await coffer.call('DescribeSecret', { SecretId: 'a' })).LastChangedDate).toBe(Number(before) + 5)
  })
})
