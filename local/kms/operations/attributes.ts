/**
 * What hangs on a key: policy, tags, automatic rotation.
 * @module
 */
import { descriptionOf } from '../../../lambda/adapters/embedded/keyring/key-description.ts'
import * as states from '../../../lambda/adapters/embedded/keyring/key-states.ts'
import { withoutTags, withTags } from '../../../lambda/adapters/embedded/keyring/key-tags.ts'
import { KmsFailure } from '../../../lambda/adapters/embedded/keyring/kms-failure.ts'
import { bypassOf, givenPolicy } from '../given-policy.ts'
import { presentTags, tagsIn } from '../key-metadata.ts'
import type { Tag } from '../model/kms.types.generated.ts'
import type { KmsOperations } from '../operations.ts'
import { pageOf } from '../paging.ts'

/** The only name that a key policy can have. */
const POLICY_NAME = 'default'

export const attributeOperations = {
  async GetKeyPolicy({ input, keyring, keys }) {
    const key = await keys.viewed(input.KeyId)
    checkPolicyName(input.PolicyName)
    return { Policy: keyring.policyOf(key), PolicyName: POLICY_NAME }
  },

  async PutKeyPolicy({ input, keyring, access, keys }) {
    const key = await keys.changed(input.KeyId, { conditions: bypassOf(input) })
    checkPolicyName(input.PolicyName)
    const policy = await givenPolicy(access, input, descriptionOf(keyring, key))
    if (policy !== undefined) await keyring.setPolicy(key, policy)
  },

  async TagResource({ input, keyring, keys }) {
    await keyring.change(await keys.changed(input.KeyId), (key) => {
      states.requireLasting(key)
      return { ...key, tags: withTags(key.tags, tagsIn(input.Tags)) }
    })
  },

  async UntagResource({ input, keyring, keys }) {
    await keyring.change(await keys.changed(input.KeyId), (key) => {
      states.requireLasting(key)
      return { ...key, tags: withoutTags(key.tags, input.TagKeys) }
    })
  },

  async ListResourceTags({ input, keys }) {
    const { tags: present } = await keys.viewed(input.KeyId)
    const tags = presentTags(present).sort((a, b) => (a.TagKey < b.TagKey ? -1 : 1))
    const rule = { nameOf: ({ TagKey }: Tag) => TagKey, size: { default: 50, max: 50 } }
    const { items, ...page } = pageOf(input, rule, (after, limit) =>
      tags.filter(({ TagKey }) => TagKey > after).slice(0, limit),
    )
    return { Tags: items, ...page }
  },

  async EnableKeyRotation({ input, keyring, keys }) {
    const conditions = {
      'kms:RotationPeriodInDays': String(input.RotationPeriodInDays ?? states.DEFAULT_ROTATION_DAYS),
    }
    const name = await keys.changed(input.KeyId, { conditions })
    await keyring.change(name, (key, now) => states.rotationEnabled(key, input.RotationPeriodInDays, now))
  },

  async DisableKeyRotation({ input, keyring, keys }) {
    await keyring.change(await keys.changed(input.KeyId), states.rotationDisabled)
  },

  async GetKeyRotationStatus({ input, keyring, keys }) {
    const key = await keys.viewed(input.KeyId)
    const rotation = await keyring.rotationOf(key)
    const isEnabled = rotation !== undefined && key.deletionAt === undefined
    return {
      KeyId: key.arn,
      KeyRotationEnabled: isEnabled,
      ...(isEnabled && { RotationPeriodInDays: rotation.periodDays, NextRotationDate: rotation.nextAt }),
    }
  },
} satisfies Partial<KmsOperations>

function checkPolicyName(name: string | undefined): void {
  if (name !== undefined && name !== POLICY_NAME) throw new KmsFailure('NotFoundException', 'No such policy exists')
}
