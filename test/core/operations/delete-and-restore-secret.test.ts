import { purge, sweepPurges } from '../../../lambda/core/sweeper.ts'
import { makeCoffer, token, type Coffer } from '../../support/coffer.ts'

const DAY = 86_400_000
const key = { account: '123456789012', region: 'us-east-1', name: 'a' }

describe('DeleteSecret and RestoreSecret', () => {
  let coffer: Coffer
  let ARN: unknown
  const remove = (input: Record<string, unknown> = {}) => coffer.call('DeleteSecret', { SecretId: 'a', ...input })
  beforeEach(async () => {
    coffer = makeCoffer()
    ;({ ARN } = await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') }))
  })
  afterEach(() => coffer.close())

  it.each([
    [undefined, 30],
    [7, 7],
    [30, 30],
  ])('SM-DELETE-01 a window of %s days ends %i days from now', async (RecoveryWindowInDays, days) => {
    const answer = await remove({ RecoveryWindowInDays })
    expect(answer).toEqual({ ARN, Name: 'a', DeletionDate: (coffer.clock.now() + days * DAY) / 1000 })
    expect((await coffer.call('DescribeSecret', { SecretId: 'a' })).DeletedDate).toBe(answer.DeletionDate)
  })

  it.each([6, 31, 0, -1])('SM-DELETE-02 refuses a window of %i days', async (RecoveryWindowInDays) => {
    await expect(remove({ RecoveryWindowInDays })).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
    })
  })

  it('SM-DELETE-02 refuses force together with a window', async () => {
    await expect(remove({ RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true })).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    })
  })

  it('SM-DELETE-03 takes ForceDeleteWithoutRecovery=false together with a window', async () => {
    await expect(remove({ RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: false })).resolves.toBeDefined()
  })

  it('SM-DELETE-04 force works on a scheduled secret, and everything of it is gone', async () => {
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'w' })
    await remove()
    const answer = await remove({ ForceDeleteWithoutRecovery: true })
    expect(answer).toEqual({ ARN, Name: 'a', DeletionDate: coffer.clock.now() / 1000 })
    await expect(coffer.call('DescribeSecret', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
    expect(await coffer.store.scanValues(undefined, 10)).toEqual([])
    expect(coffer.keys.retired).toHaveLength(1)
  })

  it('SM-DELETE-05 force on a secret that does not exist answers as if it had', async () => {
    const answer = await coffer.call('DeleteSecret', { SecretId: 'nothing', ForceDeleteWithoutRecovery: true })
    expect(answer).toEqual({
      ARN: expect.stringMatching(/:secret:nothing-[A-Za-z0-9]{6}$/),
      Name: 'nothing',
      DeletionDate: coffer.clock.now() / 1000,
    })
  })

  it.each([
    ['GetResourcePolicy', {}],
    ['GetSecretValue', {}],
    ['PutSecretValue', { SecretString: 'w' }],
    ['UpdateSecret', { Description: 'd' }],
    ['UpdateSecretVersionStage', { VersionStage: 'X', MoveToVersionId: token('v1') }],
    ['TagResource', { Tags: [{ Key: 'k', Value: 'v' }] }],
    ['UntagResource', { TagKeys: ['k'] }],
    ['DeleteSecret', { RecoveryWindowInDays: 7 }],
  ])('SM-DELETE-06 %s refuses a scheduled secret', async (operation, input) => {
    await remove()
    await expect(coffer.call(operation, { SecretId: 'a', ...input })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    })
  })

  it('SM-DELETE-06 a scheduled secret is hidden from ListSecrets unless asked for', async () => {
    await remove()
    expect((await coffer.call('ListSecrets')).SecretList).toEqual([])
    const { SecretList } = await coffer.call('ListSecrets', { IncludePlannedDeletion: true })
    expect(SecretList).toMatchObject([{ Name: 'a', DeletedDate: expect.any(Number) }])
  })

  it('SM-DELETE-07 is purged when its window is over, not a moment before, and the name is free', async () => {
    await remove({ RecoveryWindowInDays: 7 })
    coffer.clock.advance(7 * DAY - 1)
    expect((await sweepPurges(coffer.services)).done).toBe(0)
    coffer.clock.advance(1)
    expect((await sweepPurges(coffer.services)).done).toBe(1)
    expect(coffer.keys.retired).toHaveLength(1)
    await expect(coffer.call('CreateSecret', { Name: 'a' })).resolves.toMatchObject({ Name: 'a' })
  })

  it('SM-DELETE-07 a purge that was interrupted is finished by the sweeper', async () => {
    const later = makeCoffer({ purgesLater: true })
    await later.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await later.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    await expect(later.call('DescribeSecret', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
    expect((await sweepPurges(later.services)).done).toBe(1)
    expect((await sweepPurges(later.services)).done).toBe(0)
    await expect(later.call('CreateSecret', { Name: 'a' })).resolves.toBeDefined()
    later.close()
  })

  it('SM-RESTORE-01 clears the deletion, and the values are readable again', async () => {
    await remove()
    expect(await coffer.call('RestoreSecret', { SecretId: 'a' })).toEqual({ ARN, Name: 'a' })
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).not.toHaveProperty('DeletedDate')
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('v')
    coffer.clock.advance(31 * DAY)
    expect((await sweepPurges(coffer.services)).done).toBe(0)
  })

  it('SM-RESTORE-01 restoring what is not scheduled succeeds without a change', async () => {
    const before = await coffer.call('DescribeSecret', { SecretId: 'a' })
    coffer.clock.advance(1_000)
    await coffer.call('RestoreSecret', { SecretId: 'a' })
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).toEqual(before)
  })

  it('SM-DELETE-07 one secret that cannot be purged keeps no other back, and is told of', async () => {
    await coffer.call('CreateSecret', { Name: 'b', SecretString: 'v' })
    for (const SecretId of ['a', 'b']) await coffer.call('DeleteSecret', { SecretId, RecoveryWindowInDays: 7 })
    coffer.database.prepare("UPDATE head SET record = '{' WHERE name = 'a'").run()
    coffer.clock.advance(8 * DAY)
    const { done, faults } = await sweepPurges(coffer.services)
    expect([done, faults.length]).toEqual([1, 1])
    await expect(coffer.call('CreateSecret', { Name: 'b' })).resolves.toBeDefined()
  })

  it('a restore that comes before the purge wins over it', async () => {
    await remove({ RecoveryWindowInDays: 7 })
    coffer.clock.advance(8 * DAY)
    const stored = await coffer.store.load(key)
    await coffer.call('RestoreSecret', { SecretId: 'a' })
    expect(await purge(coffer.services, stored!.head)).toBe(false)
    expect((await sweepPurges(coffer.services)).done).toBe(0)
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('v')
  })
})
