import {
  asUuid,
  keyArn,
  newKeyId,
  parseKeyArn,
  parseKeyId,
} from '../../../../lambda/adapters/embedded/keyring/key-names.ts'
import { entropy, failureOf, place } from '../../../support/keyring-fixture.ts'

const id = '01234567-89ab-4cde-8f01-23456789abcd'
const arn = `arn:aws:kms:us-east-1:111122223333:key/${id}`

describe('a KeyId', () => {
  it('may be a key id, a key ARN, an alias name or an alias ARN', () => {
    const name = { ...place, id }
    expect(parseKeyId(id, place)).toEqual({ kind: 'key', name })
    expect(parseKeyId(arn, place)).toEqual({ kind: 'key', name })
    expect(parseKeyId('alias/app', place)).toEqual({ kind: 'alias', place, alias: 'alias/app' })
    expect(parseKeyId('arn:aws:kms:us-east-1:111122223333:alias/app', place)).toEqual({
      kind: 'alias',
      place,
      alias: 'alias/app',
    })
  })

  it.each([
    ['nonsense', 'NotFoundException', "Invalid keyId 'nonsense'"],
    [`${arn.slice(0, -1)}Z`, 'NotFoundException', /^Invalid keyId/],
    [arn.replace('us-east-1', 'eu-west-1'), 'NotFoundException', 'Invalid arn eu-west-1'],
    ['arn:aws:s3:::bucket', 'InvalidArnException', /^Invalid arn/],
    [`arn:aws:kms:us-east-1:111122223333:key/`, 'InvalidArnException', /^Invalid arn/],
    ['__proto__', 'NotFoundException', /^Invalid keyId/],
  ])('is refused as KMS refuses it: %s', async (keyId, code, message) => {
    const failure = await failureOf(() => parseKeyId(keyId, place))
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(message)
  })

  it('may be an ARN of another account', () => {
    const other = { ...place, account: '999988887777' }
    const named = (text: string) => parseKeyId(text.replace(place.account, other.account), place)
    expect(named(arn)).toEqual({ kind: 'key', name: { ...other, id } })
    expect(named('arn:aws:kms:us-east-1:111122223333:alias/app')).toEqual({
      kind: 'alias',
      place: other,
      alias: 'alias/app',
    })
  })

  it('is made as a version 4 UUID, or mrk- and 32 digits for a multi-Region key', () => {
    expect(newKeyId(entropy, false)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(newKeyId(entropy, true)).toMatch(/^mrk-[0-9a-f]{32}$/)
    expect(asUuid('f'.repeat(32))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
  })

  it('is found again in the ARN, with the partition of its Region', () => {
    const china = { account: '111122223333', region: 'cn-north-1', id }
    expect(keyArn(china)).toBe(`arn:aws-cn:kms:cn-north-1:111122223333:key/${id}`)
    expect(parseKeyArn(keyArn(china))).toEqual(china)
    expect(parseKeyArn('arn:aws:kms:us-east-1:111122223333:alias/x')).toBeUndefined()
  })
})
