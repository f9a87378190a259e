/**
 * GetResourcePolicy (behaviour 7.1). Until PutResourcePolicy is offered no secret has a policy, and so every answer says that there is none (SM-POLICY-02):
 * Terraform and other tools ask for each secret that they read.
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { secretOperation } from '../operation.ts'

export const getResourcePolicy = secretOperation('GetResourcePolicy', {
  needs: ['store:read'],
  async run({ secret: { head } }) {
    return { answer: { ARN: arnOf(head), Name: head.key.name } }
  },
})
