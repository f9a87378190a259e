/**
 * ValidateResourcePolicy (behaviour 7.4, SM-POLICY-05): the checks of PutResourcePolicy, all of them, and nothing stored. Text that is no policy is refused; the other findings
 * are reported. Without a SecretId the check for a lock-out has no secret to be about, and is left out.
 * @module
 */
import type { Policy } from '../../auth/policy/policy.ts'
import { ServiceError } from '../domain/errors.ts'
import type { ValidationErrorsEntry } from '../model/secrets-manager.types.generated.ts'
import { secretOperation, type Call, type Output } from '../operation.ts'
import { attachedPolicy, isTooBroad, locksOut, readPolicy } from '../resource-policy.ts'

type Validation = Output<'ValidateResourcePolicy'>

/** UNK: all three. */
const CHECKS = {
  principal: 'PRINCIPAL_CHECK',
  access: 'BROAD_ACCESS_CHECK',
  lockOut: 'REFLEXIVE_PRINCIPAL_CHECK',
} as const

const BROAD_ACCESS =
  'This resource policy grants broad access to your secret. Secrets Manager does not allow creating and applying such policies in the console.'
const LOCK_OUT = 'Your requested changes will not allow you to manage this secret in the future.'

export const validateResourcePolicy = secretOperation('ValidateResourcePolicy', {
  needs: ['store:read'],
  secretId: ({ SecretId }) => SecretId,
  alsoNeeds: () => ['PutResourcePolicy'],
  async run(call) {
    const { input } = call
    const policy = readPolicy(input.ResourcePolicy)
    const attached = { text: input.ResourcePolicy, principals: [] }
    const isLockedOut = await locksOut(call, attached)
    return { answer: answerOf([...(await findings(call, policy)), ...(isLockedOut ? [lockOut] : [])]) }
  },
  async withoutSecret(call) {
    return answerOf(await findings(call, readPolicy(call.input.ResourcePolicy)))
  },
})

const lockOut: ValidationErrorsEntry = { CheckName: CHECKS.lockOut, ErrorMessage: LOCK_OUT }

async function findings(call: Call<'ValidateResourcePolicy'>, policy: Policy): Promise<ValidationErrorsEntry[]> {
  const found: ValidationErrorsEntry[] = []
  try {
    await attachedPolicy(call, call.input.ResourcePolicy, policy)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    found.push({ CheckName: CHECKS.principal, ErrorMessage: error.message })
  }
  if (isTooBroad(policy)) found.push({ CheckName: CHECKS.access, ErrorMessage: BROAD_ACCESS })
  return found
}

const answerOf = (errors: readonly ValidationErrorsEntry[]): Validation => ({
  PolicyValidationPassed: errors.length === 0,
  ValidationErrors: errors,
})
