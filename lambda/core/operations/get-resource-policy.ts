/**
 * GetResourcePolicy (behaviour 7.1). A secret without a policy answers its names alone (SM-POLICY-02).
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { secretOperation } from '../operation.ts'

export const getResourcePolicy = secretOperation('GetResourcePolicy', {
  needs: ['store:read'],
  async run({ secret: { head } }) {
    const { policy, key } = head
    return { answer: { ARN: arnOf(head), Name: key.name, ...(policy && { ResourcePolicy: policy.text }) } }
  },
})
