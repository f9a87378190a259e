/**
 * The FunctionService over AWS Lambda. Whether Secrets Manager may invoke a function is for the function's own policy to say, as on AWS, so functions keep the policies that they have; what really
 * invokes them is the worker's role.
 * @module
 */
import { compilePolicy } from '../../../auth/policy/compile-policy.ts'
import { PolicyProblem } from '../../../auth/policy/policy.ts'
import { letsServiceIn } from '../../../auth/service-access.ts'
import type { FunctionCheck, FunctionService, FunctionUse } from '../../../core/ports/functions.ts'
import { parseFunctionArn } from '../../../core/domain/function-arn.ts'
import type { RotationSetting } from '../../../core/domain/rotation.ts'
import type { ReadFunctionPolicy } from './function-policy.ts'
import { standingOf, type RotationFunctions } from './rotation-functions.ts'

export interface AwsFunctionsOptions {
  /** What is wrong with settings of managed rotation. */
  readonly managedSettingsProblem?: (settings: readonly RotationSetting[]) => string | undefined
  readonly functions: RotationFunctions
  readonly readPolicy: ReadFunctionPolicy
  /** Only the worker of rotations brings a client for it. */
  readonly invoke?: FunctionService['invoke']
}

/** The name that functions' policies know the service by, in every partition. */
const SERVICE = 'secretsmanager.amazonaws.com'

export function awsFunctions({
  functions,
  readPolicy,
  managedSettingsProblem,
  invoke = notHere,
}: AwsFunctionsOptions): FunctionService {
  return {
    managedName: parseFunctionArn(functions.managedArn)?.name ?? functions.managedArn,
    async check(use) {
      const standing = standingOf(use.functionArn, functions)
      if (standing === 'managed') return 'allowed'
      return standing === 'refused' ? 'not-allowed' : checkPolicy(use)
    },
    settingsProblem: ({ functionArn }, settings) =>
      standingOf(functionArn, functions) === 'managed' ? managedSettingsProblem?.(settings) : undefined,
    async invoke(use, event) {
      // The config may have changed since the secret was told to use it.
      if (standingOf(use.functionArn, functions) === 'refused') return { kind: 'not-invoked', reason: 'not-allowed' }
      return invoke(use, event)
    },
  }

  async function checkPolicy(use: FunctionUse): Promise<FunctionCheck> {
    const policy = await readPolicy(use.functionArn)
    if (policy.kind === 'missing') return 'missing'
    if (policy.kind === 'text') return allows(policy.text, use) ? 'allowed' : 'not-allowed'
    // A function of another account need not show us its policy: the config names it, and its owner decides when it is invoked.
    const isForeign = parseFunctionArn(use.functionArn)?.account !== functions.account
    return policy.kind === 'denied' && isForeign ? 'allowed' : 'not-allowed'
  }
}

function allows(text: string, { functionArn, secretArn, secret }: FunctionUse): boolean {
  try {
    return letsServiceIn({
      policy: compilePolicy(text, 'resource'),
      service: SERVICE,
      action: 'lambda:InvokeFunction',
      resource: functionArn,
      sourceArn: secretArn,
      sourceAccount: secret.account,
    })
  } catch (error) {
    // A policy that cannot be read allows nothing.
    if (error instanceof PolicyProblem) return false
    throw error
  }
}

const notHere: FunctionService['invoke'] = () =>
  Promise.reject(new Error('functions that rotate secrets are invoked by the worker alone'))
