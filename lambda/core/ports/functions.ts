/**
 * The Lambda functions that rotate secrets: AWS Lambda on AWS, the function runner embedded. Both keep Lambda's own contract.
 * @module
 */
import type { ResourcePolicy } from '../../auth/decide.ts'
import type { RotationSetting } from '../domain/rotation.ts'
import type { SecretKey } from '../domain/secret.ts'

/** The steps of a rotation, in their order, as functions are told them (SM-ROTATE-10). */
export const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type RotationStep = (typeof ROTATION_STEPS)[number]

/** What a function is given, to the letter (behaviour 8.2). */
export interface RotationEvent {
  readonly Step: RotationStep
  /** The full ARN. */
  readonly SecretId: string
  /** Id of the version that is being made. */
  readonly ClientRequestToken: string
  /** Sensitive: a function passes it back to show that its call belongs to this rotation. Never logged or stored. */
  readonly RotationToken: string
}

/** `missing`: there is no such function. `not-allowed`: its policy does not let Secrets Manager invoke it. */
export type FunctionCheck = 'allowed' | 'missing' | 'not-allowed'

/** Which function is meant, and for which secret: function policies ask for the secret's ARN and account. */
export interface FunctionUse {
  /** As the secret's owner gave it: full ARN, with or without a version or alias. */
  readonly functionArn: string
  readonly secretArn: string
  readonly secret: SecretKey
}

/**
 * `errorType` and `message` are the function's own words and may hold anything, secrets included: they go through redact-error.ts before anybody else sees them.
 */
export type FunctionOutcome =
  | { readonly kind: 'returned'; readonly requestId?: string }
  /** It threw, exited, or its code could not be loaded. */
  | {
      readonly kind: 'failed'
      readonly requestId?: string
      readonly errorType?: string
      readonly message?: string
    }
  | { readonly kind: 'timed-out'; readonly requestId?: string; readonly message?: string }
  | {
      readonly kind: 'not-invoked'
      /** `unreachable`: no answer from where functions are run. */
      readonly reason: 'missing' | 'not-allowed' | 'throttled' | 'unreachable'
    }

export interface FunctionService {
  /** Name of the function that is managed rotation. */
  readonly managedName: string
  /** Whether the function is there and its policy lets `secretsmanager.amazonaws.com` invoke it for this secret. @throws when that cannot be found out */
  check(use: FunctionUse): Promise<FunctionCheck>
  /** What is wrong with settings for this function, in words for who gives them; undefined for nothing, and for every function whose settings are its own affair. */
  settingsProblem?(use: FunctionUse, settings: readonly RotationSetting[]): string | undefined
  /** The policy of a function, for callers of another account than its own; absent where it cannot be read. */
  policy?(use: FunctionUse): Promise<ResourcePolicy | undefined>
  /** Invokes it and waits for its end, up to 15 minutes. Does not throw for what the function does. */
  invoke(use: FunctionUse, event: RotationEvent): Promise<FunctionOutcome>
}
