/**
 * Deployments as templates. Each config is synthesised once in a test file, with stand-ins for the bundles.
 * @module
 */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- a template's properties are any: what is not there fails the assertion */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import type { CloudAssembly } from 'aws-cdk-lib/cx-api'
import { buildCoffer } from '../../../lib/app.ts'
import type { Bundler } from '../../../lib/bundling.ts'
import { parseConfig, type CofferConfigInput } from '../../../lib/config.ts'

export const ACCOUNT = '123456789012'
export const REGION = 'eu-west-1'

/** One Region, and an account, so that ARNs are plain text in the templates. */
export const baseConfig: CofferConfigInput = { account: ACCOUNT, regions: [REGION] }

/** Every option that can stand beside the others. */
function everyOption(regions: string[]): CofferConfigInput {
  const forEach = (text: (region: string) => string): Record<string, string> =>
    Object.fromEntries(regions.map((region) => [region, text(region)]))
  return {
    prefix: 'coffer-prod',
    account: ACCOUNT,
    regions,
    keyMode: 'shared',
    logRetentionDays: 30,
    alarmEmail: 'on-call@example.com',
    customDomain: {
      domainName: '{region}.secrets.example.com',
      certificateArns: forEach((region) => `arn:aws:acm:${region}:${ACCOUNT}:certificate/0a1b2c3d`),
      hostedZone: { id: 'Z0123456789ABC', name: 'example.com' },
    },
    throttle: { rate: 50, burst: 20 },
    removalPolicy: 'destroy',
    allowedAccounts: ['210987654321'],
    tableKeys: forEach((region) => `arn:aws:kms:${region}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`),
    apiGatewayLogRole: true,
    waf: { managedRules: true },
    getSecretValueConcurrency: { reserved: 50, provisioned: 5 },
    identitySnapshot: { graceMinutes: 60, reservedConcurrency: 2 },
    enforcedAtApi: ['aws:MultiFactorAuthPresent', 'aws:PrincipalTag/team'],
    eventEmail: 'owners@example.com',
    rotationFunctions: [
      'rotate-*',
      ...regions.map((region) => `arn:aws:lambda:${region}:210987654321:function:rotate`),
    ],
    managedRotation: {
      vpc: Object.fromEntries(
        regions.map((region) => [
          region,
          {
            subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
            securityGroupIds: ['sg-0123456789abcdef0'],
          },
        ]),
      ),
      webhookOrigins: ['https://hooks.example.com'],
      allowPlaintext: true,
    },
    tags: { team: 'platform' },
  }
}

export const fullConfig = everyOption([REGION])
export const threeRegions = everyOption(['us-east-1', REGION, 'ap-northeast-1'])
export const privateConfig: CofferConfigInput = {
  ...baseConfig,
  prefix: 'inside',
  privateApi: {
    vpcEndpointIds: { [REGION]: ['vpce-0123456789abcdef0'] },
    callers: [`arn:aws:iam::${ACCOUNT}:role/app-*`],
  },
}

export interface Resource {
  readonly Type: string
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a template is whatever CloudFormation takes; assertions look into it
  readonly Properties: any
  readonly DependsOn?: string | string[]
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

export interface Template {
  readonly Resources: Record<string, Resource>
  readonly Outputs?: Record<string, { readonly Value: unknown }>
}

export interface Synthesised {
  readonly assembly: CloudAssembly
  readonly folder: string
  readonly stackNames: readonly string[]
  template(stack: string): Template
}

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../cdk.json'), 'utf8')) as {
  context: Record<string, unknown>
}
const folders: string[] = []
const memory = new Map<string, Synthesised>()

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function synthesised(config: CofferConfigInput = baseConfig, options: SynthesisOptions = {}): Synthesised {
  const key = JSON.stringify([config, options])
  const known = memory.get(key) ?? synthesise(config, options)
  memory.set(key, known)
  return known
}

export interface SynthesisOptions {
  /** By cdk-nag and by CDK's own rules, which take as long as all the rest: a finding throws. */
  readonly isChecked?: boolean
}

export function synthesise(
  config: CofferConfigInput,
  { isChecked = false, bundle = standIns }: SynthesisOptions & { readonly bundle?: Bundler } = {},
): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-synth-'))
  folders.push(folder)
  const app = new App({ outdir: folder, context, builtinCloudFormationValidation: isChecked })
  buildCoffer(app, { config: parseConfig(config), bundle, isChecked })
  const assembly = app.synth()
  return {
    assembly,
    folder,
    stackNames: assembly.stacks.map(({ stackName }) => stackName),
    template: (stack) => assembly.getStackByName(stack).template as Template,
  }
}

/** Folders where bundles would be. */
export const standIns: Bundler = (entries, outDirectory) => {
  const folderOf = (name: string, file: string): string => {
    const folder = join(outDirectory, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, file), `// ${name}\n`)
    return folder
  }
  return {
    functions: Object.fromEntries(entries.map((entry) => [entry, folderOf(entry, 'index.js')])),
    layer: folderOf('layer', 'extras.json'),
  }
}

export const resourcesOf = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type)

export const serviceTemplate = (config: CofferConfigInput = baseConfig, region = REGION): Template => {
  const prefix = config.prefix ?? 'coffer'
  return synthesised(config).template(`${prefix.charAt(0).toUpperCase()}${prefix.slice(1)}-Service-${region}`)
}

export interface Statement {
  readonly Effect: string
  readonly Action: string[]
  readonly Resource: unknown[]
  readonly Condition?: Record<string, Record<string, unknown>>
}

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])

/** What the role of a function says, statement by statement; actions and resources always lists. */
export function statementsOf(template: Template, entry: string, prefix = 'coffer'): Statement[] {
  const role = roleOf(template, entry, prefix)
  return (role.Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[])
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .map((statement) => ({ ...statement, Action: listOf(statement.Action), Resource: listOf(statement.Resource) }))
}

export function functionOf(template: Template, entry: string, prefix = 'coffer'): [string, Resource] {
  const found = resourcesOf(template, 'AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties.FunctionName === `${prefix}-${entry}`,
  )
  if (!found) throw new Error(`there is no function ${prefix}-${entry}`)
  return found
}

export function roleOf(template: Template, entry: string, prefix = 'coffer'): Resource {
  const [, { Properties }] = functionOf(template, entry, prefix)
  const id = (Properties.Role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0]
  return template.Resources[id]!
}
