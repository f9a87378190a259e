/**
 * `coffer rotate enable` and `disable`: RotateSecret and CancelRotateSecret, with defaults that a database secret needs nothing more than.
 * @module
 */
import { z } from 'zod'
import { managedFunctionArn, MANAGED_ROTATION_ENTRY } from '../../lambda/core/managed-function.ts'
import { ConfigProblem } from '../config.ts'
import { callOperation, Refusal, type CofferPlace } from './coffer-call.ts'
import { LambdaClient, LambdaRefusal } from './lambda-client.ts'
import { meaningOf, type Setting } from './managed-settings.ts'
import { rulesOf, type RuleFlags } from './rotation-rules.ts'
import { isUnseen, requestRotation, UNSEEN, waitOf, type FollowFlags } from './rotation.ts'
import { textOf } from './rotation-timeline.ts'
import { CallProblem } from './signed-call.ts'

export interface EnableFlags extends FollowFlags, RuleFlags {
  readonly function?: string
  readonly managed?: boolean
  readonly prefix?: string
  readonly strategy?: string
  /** `key=value` */
  readonly setting?: readonly string[]
  /** false: --no-settings. */
  readonly settings?: boolean
  readonly now?: boolean
  readonly notNow?: boolean
}

const described = z.object({
  ARN: z.string(),
  RotationEnabled: z.boolean().optional(),
  RotationLambdaARN: z.string().optional(),
  RotationRules: z.object({}).optional(),
  ExternalSecretRotationMetadata: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
})
type Described = z.infer<typeof described>

/** @returns whether the rotation or the test that it starts succeeded, as far as it was waited for @throws {ConfigProblem} {CallProblem} */
export async function enableRotation(
  place: CofferPlace,
  secret: string,
  { flags, print }: { readonly flags: EnableFlags; readonly print: (text: string) => void },
): Promise<boolean> {
  const rules = rulesOf(flags)
  const settings = settingsOf(flags)
  const isTest = isTestOnly(flags)
  const waitMs = waitOf(flags)
  const before = await callOperation(place, 'DescribeSecret', { input: { SecretId: secret }, schema: described })
  if (rules === undefined && before.RotationRules === undefined)
    throw new ConfigProblem('--every or --cron must say when to rotate, such as --every 30d')
  const { functionArn, isManaged } = functionOf(flags, before)
  if (settings && settings.length > 0 && !isManaged)
    throw new ConfigProblem(
      '--strategy and --setting are for managed rotation: a function of your own is configured by its environment',
    )
  const input = {
    SecretId: secret,
    RotationLambdaARN: functionArn,
    ...(rules && { RotationRules: rules }),
    ...(settings && { ExternalSecretRotationMetadata: settings }),
    ...(isTest && { RotateImmediately: false }),
  }
  const inEffect = settings ?? before.ExternalSecretRotationMetadata ?? []
  const announcement = isManaged
    ? [`Rotation of ${secret} is on, by managed rotation.`, ...meaningOf(inEffect, { isKept: settings === undefined })]
    : [`Rotation of ${secret} is on, by ${functionArn}.`]
  try {
    const announce = (): void => print(textOf(announcement))
    return await requestRotation(place, input, { print: onceBefore(announce, print), waitMs })
  } catch (error) {
    // It is on; to see how it goes is another permission.
    if (!isUnseen(error)) throw await withMissingFunction(place, functionArn, error)
    print(textOf([UNSEEN]))
    return true
  }
}

/** What the API leaves unsaid of a function that cannot be invoked: that there is none. */
async function withMissingFunction(place: CofferPlace, functionArn: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Refusal) || !error.message.includes('cannot invoke the specified Lambda function'))
    return error
  const [, , , region = '', account = '', , ...names] = functionArn.split(':')
  const name = names.join(':')
  const { flags, environment } = place
  try {
    const client = new LambdaClient({ ...flags, region }, environment)
    await client.send({ method: 'GET', path: `/2015-03-31/functions/${encodeURIComponent(functionArn)}` })
    return error
  } catch (refusal) {
    // Whatever else: on AWS functions are not asked for here.
    if (!(refusal instanceof LambdaRefusal) || refusal.code !== 'ResourceNotFoundException') return error
    const advice = [
      `There is no function ${name} in ${region} of account ${account}.`,
      `  those that there are: coffer functions list --region ${region}`,
      `  to add it: coffer functions add ${name} --region ${region} --code <path> --handler <name> --runtime <name>`,
    ]
    return new CallProblem(advice.join('\n'), { cause: error })
  }
}

const cancelled = z.object({ VersionId: z.string().optional() })

/** @throws {ConfigProblem} {CallProblem} */
export async function disableRotation(place: CofferPlace, secret: string): Promise<string> {
  const { VersionId } = await callOperation(place, 'CancelRotateSecret', {
    input: { SecretId: secret },
    schema: cancelled,
  })
  const stopped =
    VersionId === undefined
      ? []
      : [
          `The rotation to version ${VersionId} was stopped on its way. Take AWSPENDING from it before you turn rotation on again:`,
          `  coffer rotation abort ${secret}`,
        ]
  return textOf([`Rotation of ${secret} is off. Its configuration is kept.`, ...stopped])
}

/** All that there are from then on: what is given replaces what the secret has. @returns undefined: they stay */
function settingsOf({ strategy, setting = [], settings }: EnableFlags): readonly Setting[] | undefined {
  const pairs = setting.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1 || at === pair.length - 1)
      throw new ConfigProblem(
        `--setting is ${JSON.stringify(pair)}, expected a setting and its value, such as passwordLength=40`,
      )
    return { Key: pair.slice(0, at), Value: pair.slice(at + 1) }
  })
  const all = [...(strategy === undefined ? [] : [{ Key: 'strategy', Value: strategy }]), ...pairs]
  if (settings !== false) return all.length > 0 ? all : undefined
  if (all.length > 0)
    throw new ConfigProblem('--no-settings was given with --strategy or --setting, which replace all settings anyway')
  return []
}

function isTestOnly({ now, notNow }: EnableFlags): boolean {
  if (now === true && notNow === true)
    throw new ConfigProblem('--now and --not-now were both given: expected one of them')
  return notNow === true
}

interface Chosen {
  readonly functionArn: string
  readonly isManaged: boolean
}

/** The one that was asked for, else the one that the secret has, else managed rotation. */
function functionOf(
  { function: asked, managed, prefix = 'coffer' }: EnableFlags,
  { ARN, RotationLambdaARN }: Described,
): Chosen {
  if (asked !== undefined && managed === true)
    throw new ConfigProblem('--function and --managed were both given: expected one of them')
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(prefix))
    throw new ConfigProblem(
      `--prefix is ${JSON.stringify(prefix)}, expected the prefix of a deployment, such as coffer`,
    )
  const [, partition = '', region = '', account = ''] = /^arn:([^:]+):secretsmanager:([^:]+):(\d{12}):/.exec(ARN) ?? []
  if (account === '') throw new CallProblem(`${ARN} is not the ARN of a secret: is it a Coffer?`)
  const managedArn = managedFunctionArn({ account, region }, `${prefix}-${MANAGED_ROTATION_ENTRY}`)
  const arnOf = (name: string): string => `arn:${partition}:lambda:${region}:${account}:function:${name}`
  const stored = managed === true ? undefined : RotationLambdaARN
  const functionArn = asked === undefined ? (stored ?? managedArn) : isArn(asked) ? asked : arnOf(nameOf(asked))
  return { functionArn, isManaged: functionArn === managedArn }
}

const isArn = (text: string): boolean => /^arn:[^:]+:lambda:[^:]+:\d{12}:function:[A-Za-z0-9_:$-]+$/.test(text)

function nameOf(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]{1,128})?$/.test(text)) return text
  throw new ConfigProblem(`--function is ${JSON.stringify(text)}, expected the name or the ARN of a Lambda function`)
}

/** Says it only when there is something to print after it: once Coffer has done what it was asked. */
function onceBefore(first: () => void, print: (text: string) => void): (text: string) => void {
  let isSaid = false
  return (text) => {
    if (!isSaid) first()
    isSaid = true
    print(text)
  }
}
