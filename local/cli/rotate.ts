/**
 * `coffer rotate enable` and `disable`: RotateSecret and CancelRotateSecret, with defaults that a database secret needs nothing more than.
 * @module
 */
import { z } from 'zod'
import { managedFunctionArn, MANAGED_ROTATION_ENTRY } from '../../lambda/core/managed-function.ts'
import { ConfigProblem } from '../config.ts'
import { callOperation, Refusal, type CofferPlace } from './coffer-call.ts'
import { requestRotation, waitOf, type FollowFlags } from './rotation.ts'
import { textOf } from './rotation-timeline.ts'
import { CallProblem } from './signed-call.ts'

export interface EnableFlags extends FollowFlags {
  readonly every?: string
  readonly cron?: string
  readonly window?: string
  readonly function?: string
  readonly managed?: boolean
  readonly prefix?: string
  readonly strategy?: string
  /** `key=value` */
  readonly setting?: readonly string[]
  readonly now?: boolean
  readonly notNow?: boolean
}

const described = z.object({
  ARN: z.string(),
  RotationEnabled: z.boolean().optional(),
  RotationLambdaARN: z.string().optional(),
  RotationRules: z.object({}).optional(),
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
  if (settings && !isManaged)
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
  const by = isManaged ? 'managed rotation' : functionArn
  const announce = (): void => print(textOf([`Rotation of ${secret} is on, by ${by}.`]))
  try {
    return await requestRotation(place, input, { print: onceBefore(announce, print), waitMs })
  } catch (error) {
    // It is on; to see how it goes is another permission.
    if (!(error instanceof Refusal) || !error.message.includes('coffer:ShowRotation')) throw error
    print(textOf(['It cannot be shown how it goes: that takes a permission for coffer:ShowRotation.']))
    return true
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

interface Rules {
  readonly AutomaticallyAfterDays?: number
  readonly ScheduleExpression?: string
  readonly Duration?: string
}

/** What an expression may be is for the service to say: it names what is wrong. */
function rulesOf({ every, cron, window }: EnableFlags): Rules | undefined {
  if (every !== undefined && cron !== undefined)
    throw new ConfigProblem('--every and --cron were both given: expected one of them')
  const duration = window === undefined ? {} : { Duration: window }
  if (every !== undefined) return { ...intervalOf(every), ...duration }
  if (cron !== undefined)
    return { ScheduleExpression: /^(cron|rate)\(/.test(cron) ? cron : `cron(${cron})`, ...duration }
  if (window !== undefined)
    throw new ConfigProblem('--window was given without --every or --cron: a window is of a schedule')
  return undefined
}

function intervalOf(every: string): Rules {
  const [, digits, unit] = /^(\d{1,5})([hdw])$/.exec(every) ?? []
  if (digits === undefined)
    throw new ConfigProblem(`--every is ${JSON.stringify(every)}, expected days or hours such as 30d or 12h`)
  const count = Number(digits)
  if (unit === 'h') return { ScheduleExpression: `rate(${count} ${count === 1 ? 'hour' : 'hours'})` }
  return { AutomaticallyAfterDays: unit === 'w' ? count * 7 : count }
}

interface Setting {
  readonly Key: string
  readonly Value: string
}

function settingsOf({ strategy, setting = [] }: EnableFlags): readonly Setting[] | undefined {
  const pairs = setting.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1 || at === pair.length - 1)
      throw new ConfigProblem(
        `--setting is ${JSON.stringify(pair)}, expected a setting and its value, such as passwordLength=40`,
      )
    return { Key: pair.slice(0, at), Value: pair.slice(at + 1) }
  })
  const all = [...(strategy === undefined ? [] : [{ Key: 'strategy', Value: strategy }]), ...pairs]
  return all.length > 0 ? all : undefined
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
