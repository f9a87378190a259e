import fc from 'fast-check'
import {
  isDedicatedKey,
  isServiceKey,
  secretArnIn,
  serviceKeyTags,
  type Tags,
} from '../../../../lambda/adapters/aws/kms/service-key-tags.ts'
import { secretArn } from './kms-fixture.ts'

const tagsOf = (arn: string | undefined, deployment = 'coffer'): Tags =>
  new Map(
    serviceKeyTags({ deployment, secretArn: arn, createdAt: 0 }).map(({ TagKey, TagValue }) => [TagKey, TagValue]),
  )

it('says whose the key is, what for and since when', () => {
  expect(Object.fromEntries(tagsOf(secretArn))).toEqual({
    'coffer:deployment': 'coffer',
    'coffer:secret-arn': secretArn,
    'coffer:created-at': '1970-01-01T00:00:00.000Z',
  })
  expect(Object.fromEntries(tagsOf(undefined))).toEqual({
    'coffer:deployment': 'coffer',
    'coffer:shared': 'true',
    'coffer:created-at': '1970-01-01T00:00:00.000Z',
  })
})

it('holds the ARN of any secret in tags that KMS takes', () => {
  const alphabet = 'abcXYZ019-/_+=.@!'
  const name = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 512 })
  fc.assert(
    fc.property(name, (secretName) => {
      const arn = `arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:${secretName}-AbCdEf`
      const tags = tagsOf(arn)
      for (const value of tags.values()) expect(value).toMatch(/^[A-Za-z0-9 _.:/=+@-]{0,256}$/)
      expect(secretArnIn(tags)).toBe(arn)
    }),
    { examples: [['!'.repeat(512)], ['a'.repeat(512)]] },
  )
})

it('finds no secret in tags that somebody changed', () => {
  for (const value of ['', 'x', 'arn:aws:s3:::bucket', secretArn.slice(0, -1)])
    expect(secretArnIn(new Map([['coffer:secret-arn', value]]))).toBeUndefined()
  expect(secretArnIn(new Map())).toBeUndefined()
})

it('tells dedicated keys of the deployment from all others', () => {
  expect(isDedicatedKey(tagsOf(secretArn), 'coffer')).toBe(true)
  expect(isDedicatedKey(tagsOf(secretArn, 'coffer-prod'), 'coffer')).toBe(false)
  expect(isDedicatedKey(tagsOf(undefined), 'coffer')).toBe(false)
  expect(isDedicatedKey(new Map([['coffer:secret-arn', secretArn]]), 'coffer')).toBe(false)
  expect(isServiceKey(tagsOf(undefined, 'coffer-prod'))).toBe(true)
  expect(isServiceKey(new Map([['team', 'coffer']]))).toBe(false)
})
