/**
 * PutResourcePolicy (behaviour 7.1 to 7.3, SM-POLICY-03): the text is kept as it was given.
 * @module
 */
import { policyLocksOut, policyTooBroad } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { secretOperation } from '../operation.ts'
import { attachedPolicy, isTooBroad, locksOut, readPolicy } from '../resource-policy.ts'

export const putResourcePolicy = secretOperation('PutResourcePolicy', {
  needs: ['store:read', 'store:write'],
  conditionKeys: ({ BlockPublicPolicy }) => ({ BlockPublicPolicy }),
  async run(call) {
    const { input, secret, now } = call
    const { head } = secret
    const policy = readPolicy(input.ResourcePolicy)
    const attached = await attachedPolicy(call, input.ResourcePolicy, policy)
    // SM-POLICY-06: by default a public policy is accepted.
    if (input.BlockPublicPolicy === true && isTooBroad(policy)) throw policyTooBroad()
    const change = { ...head, policy: attached, changedAt: now }
    const { BlockPublicPolicy } = input
    if (await locksOut(call, attached, { BlockPublicPolicy })) throw policyLocksOut()
    return { answer: { ARN: arnOf(head), Name: head.key.name }, change }
  },
})
