/**
 * RotateSecret (behaviour 8.1, SM-ROTATE-01..08): stores the configuration, turns rotation on, and starts a rotation or, with RotateImmediately=false, a test of the configuration. It answers at once; the
 * workflow does the rest.
 * @module
 */
import {
  functionNotInvokable,
  noRotationFunction,
  repeatedRotationSetting,
  rotationIncomplete,
  rotationSettingsRefused,
  rotationTokenInUse,
  serviceManagedFunction,
  tokenMissing,
} from '../domain/errors.ts'
import { parseFunctionArn } from '../domain/function-arn.ts'
import { arnOf } from '../domain/names.ts'
import { randomFraction } from '../domain/random-id.ts'
import { parseRotationRules } from '../domain/rotation-schedule.ts'
import type { RotationRules, RotationSetting } from '../domain/rotation.ts'
import { configured, requested } from '../domain/rotation-state.ts'
import type { SecretHead } from '../domain/secret.ts'
import { incompleteVersion, versionById } from '../domain/staging-labels.ts'
import { requireFunctionAccess } from '../function-access.ts'
import { functionUse } from '../function-use.ts'
import { isManagedFunction } from '../managed-function.ts'
import { secretOperation, type Input, type Outcome, type Output, type SecretCall } from '../operation.ts'

type Rotated = Outcome<Output<'RotateSecret'>>

export const rotateSecret = secretOperation('RotateSecret', {
  needs: ['store:read', 'store:write', 'values:drop', 'rotation:read', 'functions:check'],
  conditionKeys: ({ RotationLambdaARN, RotationRules, RotateImmediately, ExternalSecretRotationRoleArn }) => ({
    // As policies name it: `:$LATEST` behind it is the same function.
    RotationLambdaARN:
      RotationLambdaARN === undefined
        ? undefined
        : (parseFunctionArn(RotationLambdaARN)?.canonical ?? RotationLambdaARN),
    RotateImmediately,
    ModifyRotationRules: RotationRules === undefined ? undefined : true,
    ExternalSecretRotationRoleArn,
  }),
  precheck: requireToken,
  async run(call) {
    const { input, services, now } = call
    const { head } = call.secret
    const token = requireToken(input)
    const rules = rulesOf(input)
    const settings = settingsOf(input)
    const answer = { ARN: arnOf(head), Name: head.key.name, VersionId: token }
    if (await isRepeated(call, token)) return { answer }
    const functionArn = functionFor(head, input)
    refuseIncomplete(head)
    await requireInvokable(call, functionArn)
    refuseBadSettings(call, functionArn, settings)
    const moment = { now, fraction: randomFraction(services.entropy) }
    const given = {
      functionArn: input.RotationLambdaARN,
      settings,
      roleArn: input.ExternalSecretRotationRoleArn,
      rules,
    }
    const kind = input.RotateImmediately === false ? 'test' : 'rotation'
    const change = requested(configured(head, given, moment), { kind, token, now })
    return { answer, change: { ...change, changedAt: now }, after: services.rotateSoon } satisfies Rotated
  },
})

/** SM-TOKEN-09 @throws {ServiceError} InvalidParameterException: another code than everywhere else */
function requireToken({ ClientRequestToken: token }: Input<'RotateSecret'>): string {
  if (token === undefined) throw tokenMissing('InvalidParameterException')
  return token
}

/** SM-ROTATE-20 @throws {ServiceError} InvalidParameterException */
function rulesOf({ RotationRules: given }: Input<'RotateSecret'>): RotationRules | undefined {
  if (given === undefined) return undefined
  const rules: RotationRules = {
    ...(given.AutomaticallyAfterDays !== undefined && { automaticallyAfterDays: given.AutomaticallyAfterDays }),
    ...(given.Duration !== undefined && { duration: given.Duration }),
    ...(given.ScheduleExpression !== undefined && { scheduleExpression: given.ScheduleExpression }),
  }
  parseRotationRules(rules)
  return rules
}

function settingsOf({
  ExternalSecretRotationMetadata: given,
}: Input<'RotateSecret'>): readonly RotationSetting[] | undefined {
  const settings = given?.map(({ Key: key = '', Value: value = '' }) => ({ key, value }))
  if (settings && new Set(settings.map(({ key }) => key)).size < settings.length) throw repeatedRotationSetting()
  return settings
}

/**
 * SM-ROTATE-08: a call that is made again starts nothing: the rotation of this token runs, or has run.
 * @throws {ServiceError} InvalidRequestException for the id of a version that no rotation made
 */
async function isRepeated({ secret: { head }, services }: SecretCall<'RotateSecret'>, token: string): Promise<boolean> {
  if (head.rotation?.running?.token === token) return true
  const { key, suffix } = head
  if (await services.store.rotation({ key, suffix, token })) return true
  if (versionById(head.versions, token)) throw rotationTokenInUse(token, arnOf(head))
  return false
}

/** SM-ROTATE-02, SM-ROTATE-03 */
function functionFor(head: SecretHead, { RotationLambdaARN: given }: Input<'RotateSecret'>): string {
  if (given !== undefined && head.owningService !== undefined) throw serviceManagedFunction()
  const functionArn = given ?? head.rotation?.functionArn
  if (functionArn === undefined) throw noRotationFunction()
  return functionArn
}

/** SM-ROTATE-06 */
function refuseIncomplete({ rotation, versions }: SecretHead): void {
  if (rotation?.running || incompleteVersion(versions)) throw rotationIncomplete()
}

/** SM-ROTATE-04, SM-ROTATE-05 */
async function requireInvokable(call: SecretCall<'RotateSecret'>, functionArn: string): Promise<void> {
  const { secret, services } = call
  const { head } = secret
  if (isManagedFunction(functionArn, head.key, services.functions.managedName)) return
  const parsed = parseFunctionArn(functionArn)
  // UNK: a function by its name alone, or in another Region. What is no full ARN would be another text for what policies know by its ARN.
  if (parsed?.region !== head.key.region) throw functionNotInvokable()
  const use = functionUse(head, functionArn)
  await requireFunctionAccess(call, parsed, use)
  if ((await services.functions.check(use)) !== 'allowed') throw functionNotInvokable()
}

/**
 * Of managed rotation, whether they are given or stay as they were: else every rotation would fail, and nobody would be there to read why.
 * @throws {ServiceError} InvalidParameterException
 */
function refuseBadSettings(
  { secret: { head }, services }: SecretCall<'RotateSecret'>,
  functionArn: string,
  given: readonly RotationSetting[] | undefined,
): void {
  const use = functionUse(head, functionArn)
  const problem = services.functions.settingsProblem?.(use, given ?? head.rotation?.settings ?? [])
  if (problem !== undefined) throw rotationSettingsRefused(problem)
}
