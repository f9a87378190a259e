import type { Rotation } from '../../../lambda/core/domain/rotation.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import { contentDigest, copiedMetadata, isSameContent } from '../../../lambda/core/replication/content.ts'
import { CREATED, headIn, versionOf } from './support/heads.ts'
import { EU, HOME } from './support/regions.ts'

const rotation: Rotation = {
  isEnabled: true,
  base: 0,
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:rotate',
  rules: { automaticallyAfterDays: 30 },
  lastRotatedAt: CREATED,
  runs: 4,
}
const full: Partial<SecretHead> = {
  description: 'd',
  tags: [{ key: 'team', value: 'a' }],
  policy: { text: '{}', principals: [['arn:aws:iam::123456789012:role/r', 'AROA']] },
  rotation,
  type: 't',
  owningService: 'rds',
  versions: [
    versionOf('v1', ['AWSCURRENT']),
    versionOf('v0'),
    versionOf('p', ['AWSPENDING'], { value: { kind: 'none' } }),
  ],
}
const primary = headIn(HOME, undefined, full)
const copy = headIn(EU, undefined, full)
const [v1, v0, pending] = primary.versions as [never, never, never]

describe('SM-REPLICA-02 the content of a secret', () => {
  it.each<[string, Partial<SecretHead>]>([
    ['its description', { description: 'other' }],
    ['an empty description', { description: '' }],
    ['the value of a tag', { tags: [{ key: 'team', value: 'b' }] }],
    ['the key of a tag', { tags: [{ key: 'Team', value: 'a' }] }],
    ['no tags any more', { tags: [] }],
    ['its policy', { policy: { text: '{ }', principals: [['arn:aws:iam::123456789012:role/r', 'AROA']] } }],
    ['who is meant by its policy', { policy: { text: '{}', principals: [] } }],
    ['its type', { type: 'other' }],
    ['the service that owns it', { owningService: 'other' }],
    ['another version', { versions: [...primary.versions, versionOf('v2')] }],
    ['a version less', { versions: [v1, pending] }],
    ['a label', { versions: [v1, versionOf('v0', ['AWSPREVIOUS']), pending] }],
    [
      'a version of the same id that was made at another time',
      { versions: [v1, versionOf('v0', [], { createdAt: 1 }), pending] },
    ],
    ['the value of a version with a label', { versions: [v1, v0, versionOf('p', ['AWSPENDING'])] }],
  ])('is %s', (_, change) => {
    expect(isSameContent({ ...copy, ...change }, primary)).toBe(false)
    expect(contentDigest({ ...copy, ...change })).not.toBe(contentDigest(primary))
  })

  it.each<[string, Partial<SecretHead>]>([
    ['its key', { kmsKeyId: 'alias/own', serviceKeyArn: 'arn:other' }],
    ['its revision', { revision: 77 }],
    [
      'where it stands among its Regions',
      { replication: { source: { region: HOME, stamp: { born: 1, revision: 1 } } } },
    ],
    [
      'how and where a value is kept',
      {
        versions: [
          versionOf('v1', ['AWSCURRENT'], { value: { kind: 'item', id: 'x', bytes: 9 }, keyArns: ['k'] }),
          v0,
          pending,
        ],
      },
    ],
    [
      'whether a version without a label has a value',
      { versions: [v1, versionOf('v0', [], { value: { kind: 'none' } }), pending] },
    ],
    ['SM-REPLICA-14 a rotation that is planned', { rotation: { ...rotation, due: { at: 5, run: 5 }, runs: 5 } }],
  ])('is not %s', (_, change) => {
    expect(isSameContent({ ...copy, ...change }, primary)).toBe(true)
    expect(contentDigest({ ...copy, ...change })).toBe(contentDigest(primary))
  })

  it('SM-DATE-01 is compared with the time of its last change', () => {
    expect(isSameContent({ ...copy, changedAt: CREATED + 1 }, primary)).toBe(false)
  })

  it.each<[string, Partial<Rotation>]>([
    ['whether it rotates', { isEnabled: false }],
    ['its function', { functionArn: 'other' }],
    ['its schedule', { rules: { automaticallyAfterDays: 31 } }],
    ['when it was last rotated', { lastRotatedAt: CREATED + 1 }],
    ['its role', { roleArn: 'r' }],
    ['its settings', { settings: [{ key: 'a', value: 'b' }] }],
    ['its window', { window: { start: 1, end: 2 } }],
  ])('SM-REPLICA-14 shows %s, which is none of what two Regions can disagree about', (_, change) => {
    const other = { ...copy, rotation: { ...rotation, ...change } }
    expect(isSameContent(other, primary)).toBe(false)
    expect(contentDigest(other)).toBe(contentDigest(primary))
  })
})

it('SM-REPLICA-14 a copy is given the settings of a rotation, and nothing of what is planned or running', () => {
  const running = { ...rotation, due: { at: 5, run: 5 }, running: { run: 4 }, pending: 'p' } as unknown as Rotation
  expect(copiedMetadata({ ...primary, rotation: running }).rotation).toEqual({ ...rotation, runs: 0 })
})

it('SM-REPLICA-02 a copy is given all metadata, and no key, state or replication', () => {
  const { description, tags, policy, type, owningService, creationToken, createdAt, changedAt } = primary
  expect(
    copiedMetadata({ ...primary, kmsKeyId: 'k', deletion: { purgeAt: 1 }, replication: { replicas: [] } }),
  ).toEqual({
    description,
    tags,
    policy,
    type,
    owningService,
    creationToken,
    createdAt,
    changedAt,
    rotation: { ...rotation, runs: 0 },
  })
  expect(copiedMetadata(headIn(HOME))).toEqual({ creationToken, createdAt, changedAt })
})
