/**
 * What a deployment may choose, in one typed and checked file (coffer.config.ts). Everything is checked before a stack is built: a wrong option is named, with what was
 * given and what is expected, instead of failing half an hour later in CloudFormation.
 * @module
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RegionInfo } from 'aws-cdk-lib/region-info'
import { z } from 'zod'
import { ambiguousEndings, LONGEST_PREFIX } from './names.ts'

/** The periods that CloudWatch Logs can keep logs for, in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

const text = (expected: string, form: RegExp) => z.string({ error: expected }).regex(form, { error: expected })
const count = (expected: string, least: number, most: number) =>
  z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected })
const flag = z.boolean({ error: 'true or false' })

/** CDK must know the partition of a Region, or cdk-nag's findings in it have no names: a Region that is newer than the CDK needs a newer CDK. */
const PARTITIONS = new Map(RegionInfo.regions.map(({ name, partition }) => [name, partition]))
const REGION_EXPECTED = 'an AWS Region such as eu-west-1'
const region = z.string({ error: REGION_EXPECTED }).refine((name) => PARTITIONS.has(name), { error: REGION_EXPECTED })
const account = text('an AWS account number of twelve digits, as text', /^\d{12}$/)

/** One value for each of the deployment's Regions. */
const perRegion = <T extends z.ZodType>(value: T) =>
  z.record(region, value, { error: 'an object with a member for each Region' })

const prefix = text(
  `lower-case letters, digits and single hyphens, 3 to ${LONGEST_PREFIX} of them, beginning with a letter and ending with a letter or digit`,
  new RegExp(`^(?=.{3,${LONGEST_PREFIX}}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$`),
).refine((value) => !ambiguousEndings().some((ending) => value.endsWith(ending)), {
  error: () =>
    `a prefix that does not end in ${ambiguousEndings().join(' or ')} (its functions could be mistaken for another deployment's)`,
})

const CERTIFICATE = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/
const KEY = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/
const WEB_ACL = /^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[\w-]+\/[0-9a-f-]+$/
/** Those with `coffer:` are the service's own: key policies and the sweeper go by them. */
const TAG_KEY = text(
  'a tag key of 1 to 128 characters, not beginning with aws: or coffer:',
  /^(?!aws:|coffer:).{1,128}$/i,
)
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const ROTATION_FUNCTION =
  /^([A-Za-z0-9_*-]{1,64}|arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]{1,128})?)$/
/** A role's policy and a function's environment have limits, and both list them. */
const MOST_FUNCTIONS = 10
/** With a path, only it and those below it may be called. */
const WEBHOOK = /^https:\/\/([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+(:\d{1,5})?(\/(?!\.{1,2}(\/|$))[\w.~-]+)*\/?$/
const DOMAIN = /^(\{region\}\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/

/** Keys that API Gateway sees and functions do not. Any other is seen, or is nothing that execute-api:Invoke could be made to depend on. */
const enforceableKeys = [
  'aws:MultiFactorAuthPresent',
  'aws:MultiFactorAuthAge',
  'aws:TokenIssueTime',
  'aws:SourceIdentity',
  'aws:PrincipalOrgID',
  'aws:PrincipalOrgPaths',
  'aws:Ec2InstanceSourceVpc',
  'aws:Ec2InstanceSourcePrivateIPv4',
  'aws:PrincipalTag/<key>',
]
/** Tag keys as far as an environment variable may list them. */
const ENFORCEABLE = new RegExp(
  `^(${enforceableKeys.filter((key) => !key.endsWith('>')).join('|')}|aws:PrincipalTag/[A-Za-z0-9_./=+@:-]{1,128})$`,
  'i',
)

const schema = z
  .strictObject(
    {
      prefix: prefix.default('coffer'),
      account: account.optional(),
      regions: z
        .array(region, { error: 'a list of AWS Regions, the primary one first' })
        .min(1, { error: 'at least one AWS Region', abort: true })
        .refine((list) => new Set(list).size === list.length, { error: 'each Region once' })
        .refine((list) => new Set(list.map((name) => PARTITIONS.get(name))).size === 1, {
          error: 'Regions of one partition',
        }),
      keyMode: z.enum(['per-secret', 'shared'], { error: "'per-secret' or 'shared'" }).default('per-secret'),
      logRetentionDays: z.literal(RETENTION_DAYS, { error: `one of ${RETENTION_DAYS.join(', ')} (days)` }).default(365),
      alarmEmail: text('an e-mail address', EMAIL).optional(),
      customDomain: z
        .strictObject(
          {
            domainName: text('a domain name such as secrets.example.com or {region}.secrets.example.com', DOMAIN),
            certificateArns: perRegion(text('the ARN of an ACM certificate', CERTIFICATE)),
            hostedZone: z
              .strictObject(
                {
                  id: text('the id of a Route 53 hosted zone such as Z0123456789ABC', /^[A-Z0-9]{1,32}$/),
                  name: text('the name of the hosted zone such as example.com', /^([a-z0-9-]+\.)+[a-z]{2,}$/),
                },
                { error: 'an object with id and name' },
              )
              .optional(),
          },
          { error: 'an object with domainName and certificateArns' },
        )
        .optional(),
      throttle: z
        .strictObject(
          {
            rate: count('requests per second, 1 to 100000', 1, 100_000),
            burst: count('requests at once, 1 to 100000', 1, 100_000),
          },
          { error: 'an object with rate and burst' },
        )
        .default({ rate: 2000, burst: 1000 }),
      removalPolicy: z.enum(['retain', 'destroy'], { error: "'retain' or 'destroy'" }).default('retain'),
      allowedAccounts: z.array(account, { error: 'a list of AWS account numbers' }).default([]),
      tableKeys: perRegion(
        text('the ARN of a KMS key, which ends in key/<UUID> or key/mrk-<32 hexadecimal digits>', KEY),
      ).optional(),
      apiGatewayLogRole: flag.default(false),
      privateApi: z
        .strictObject(
          {
            vpcEndpointIds: perRegion(
              z
                .array(text('the id of a VPC endpoint such as vpce-0123456789abcdef0', /^vpce-[0-9a-f]{8,17}$/), {
                  error: 'a list of VPC endpoint ids',
                })
                .min(1, { error: 'at least one VPC endpoint id' }),
            ),
            callers: z
              .array(
                text(
                  'the ARN of a user or role of this account, with * for any part of its name',
                  /^arn:aws[a-z-]*:iam::\d{12}:(user|role)\/.+$/,
                ),
                { error: 'a list of ARNs' },
              )
              .min(1, { error: 'at least one ARN of a caller' }),
          },
          { error: 'an object with vpcEndpointIds and callers' },
        )
        .optional(),
      waf: z
        .union(
          [
            z.strictObject({ managedRules: z.literal(true) }),
            z.strictObject({ webAclArns: perRegion(text('the ARN of a regional web ACL', WEB_ACL)) }),
          ],
          { error: '{ managedRules: true } or { webAclArns: { <region>: <ARN of a regional web ACL> } }' },
        )
        .optional(),
      getSecretValueConcurrency: z
        .strictObject(
          {
            reserved: count('concurrent executions, 1 to 10000', 1, 10_000).optional(),
            provisioned: count('concurrent executions, 1 to 10000', 1, 10_000).optional(),
          },
          { error: 'an object with reserved, provisioned or both' },
        )
        .refine(({ reserved, provisioned }) => (provisioned ?? 0) <= (reserved ?? Infinity), {
          error: 'no more provisioned than reserved executions',
        })
        .default({}),
      identitySnapshot: z
        .strictObject(
          {
            graceMinutes: count('minutes, 0 to 1440', 0, 1440).default(15),
            reservedConcurrency: count('concurrent executions, 1 to 100', 1, 100).optional(),
          },
          { error: 'an object with graceMinutes, reservedConcurrency or both' },
        )
        .default({ graceMinutes: 15 }),
      eventEmail: text('an e-mail address', EMAIL).optional(),
      rotationFunctions: z
        .array(
          text(
            'the name of a Lambda function, with * for any part of it, or the ARN of one in another account',
            ROTATION_FUNCTION,
          ),
          { error: 'a list of names and ARNs of Lambda functions' },
        )
        .max(MOST_FUNCTIONS, { error: `at most ${MOST_FUNCTIONS} names and ARNs: use * in names` })
        .default(['*']),
      managedRotation: z
        .strictObject(
          {
            vpc: perRegion(
              z.strictObject(
                {
                  subnetIds: z
                    .array(text('the id of a subnet such as subnet-0123456789abcdef0', /^subnet-[0-9a-f]{8,17}$/), {
                      error: 'a list of subnet ids',
                    })
                    .min(1, { error: 'at least one subnet id' })
                    .max(16, { error: 'at most 16 subnet ids' }),
                  securityGroupIds: z
                    .array(text('the id of a security group such as sg-0123456789abcdef0', /^sg-[0-9a-f]{8,17}$/), {
                      error: 'a list of security group ids',
                    })
                    .min(1, { error: 'at least one security group id' })
                    .max(5, { error: 'at most 5 security group ids' }),
                },
                { error: 'an object with subnetIds and securityGroupIds' },
              ),
            ).optional(),
            webhookOrigins: z
              .array(
                text(
                  'an origin such as https://hooks.example.com, or with a path such as https://hooks.example.com/coffer/',
                  WEBHOOK,
                ),
                { error: 'a list of origins' },
              )
              .max(10, { error: 'at most 10 origins' })
              .default([]),
            allowPlaintext: flag.default(false),
          },
          { error: 'an object with vpc, webhookOrigins, allowPlaintext or some of them' },
        )
        .default({ webhookOrigins: [], allowPlaintext: false }),
      enforcedAtApi: z
        .array(text(`one of ${enforceableKeys.join(', ')}`, ENFORCEABLE), { error: 'a list of condition keys' })
        .refine((keys) => new Set(keys.map((key) => key.toLowerCase())).size === keys.length, {
          error: 'each key once',
        })
        .default([]),
      tags: z
        .record(TAG_KEY, text('a tag value of 256 characters at most', /^.{0,256}$/), {
          error: 'an object of tag keys and values',
        })
        .default({}),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'an object of options' : undefined) },
  )
  .superRefine((config, context) => {
    const { regions } = config
    const problem = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message })
    const perRegionOptions: [string[], Record<string, unknown> | undefined, ((value: never) => string) | undefined][] =
      [
        [['customDomain', 'certificateArns'], config.customDomain?.certificateArns, regionInArn],
        [['tableKeys'], config.tableKeys, regionInArn],
        [['privateApi', 'vpcEndpointIds'], config.privateApi?.vpcEndpointIds, undefined],
        [['managedRotation', 'vpc'], config.managedRotation.vpc, undefined],
        [
          ['waf', 'webAclArns'],
          config.waf && 'webAclArns' in config.waf ? config.waf.webAclArns : undefined,
          regionInArn,
        ],
      ]
    for (const [path, values, placeOf] of perRegionOptions) {
      if (!values) continue
      if (!isDeepSame(Object.keys(values), regions))
        problem(path, `a member for each of ${regions.join(', ')} and for no other Region`)
      for (const [key, value] of Object.entries(values))
        if (placeOf && placeOf(value as never) !== key) problem([...path, key], `an ARN in ${key}`)
    }
    for (const [index, each] of config.rotationFunctions.entries())
      if (each.startsWith('arn:') && !regions.includes(regionInArn(each)))
        problem(
          ['rotationFunctions', index],
          `an ARN in ${regions.join(' or ')}: a secret is rotated in its own Region`,
        )
    const { customDomain } = config
    if (customDomain && regions.length > 1 && !customDomain.domainName.startsWith('{region}.'))
      problem(
        ['customDomain', 'domainName'],
        'a name beginning with {region}. where there are several Regions: signatures are made for one Region, and secrets live in one',
      )
    const zone = customDomain?.hostedZone?.name
    if (zone !== undefined && !customDomain?.domainName.endsWith(`.${zone}`))
      problem(['customDomain', 'hostedZone', 'name'], 'the zone that the domain name is in')
    if (customDomain && config.privateApi)
      problem(['customDomain'], 'no custom domain beside privateApi: a private API is reached by its VPC endpoints')
    if (config.account !== undefined && config.allowedAccounts.includes(config.account))
      problem(['allowedAccounts'], 'other accounts than the own one')
  })

/** What a config file says: everything but `regions` has a default. */
export type CofferConfigInput = z.input<typeof schema>
export type CofferConfig = Readonly<z.output<typeof schema>>

/** For coffer.config.ts: types and completion in the editor. */
export const defineConfig = (config: CofferConfigInput): CofferConfigInput => config

/** Options of the deployment are wrong; the message has a line for each. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem'
}

/**
 * @param file named in the message
 * @throws {ConfigProblem}
 */
export function parseConfig(given: unknown, file = 'coffer.config.ts'): CofferConfig {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const lines = result.error.issues.flatMap((issue) => linesOf(issue, given))
  throw new ConfigProblem([`${file} cannot be used:`, ...lines.map((line) => `  ${line}`)].join('\n'))
}

/**
 * Reads a config file: a module whose default export is the config.
 * @throws {ConfigProblem}
 */
export async function loadConfig(file: string, directory = process.cwd()): Promise<CofferConfig> {
  const path = resolve(directory, file)
  let module: { readonly default?: unknown }
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module
  } catch (error) {
    const why = error instanceof Error ? `${placeIn(path, error)}${error.message}` : String(error)
    throw new ConfigProblem(`${file} cannot be read: ${why}`, { cause: error })
  }
  if (module.default === undefined)
    throw new ConfigProblem(`${file} exports nothing as default; expected: export default defineConfig({ ... })`)
  return parseConfig(module.default, file)
}

/**
 * Node says where a module is wrong in the stack alone: above it, with an excerpt and carets below the place, when the module could not be compiled; else in the frame of the
 * statement that threw.
 */
function placeIn(path: string, { stack = '' }: Error): string {
  const { href } = pathToFileURL(path)
  const [first = '', ...rest] = stack.split('\n')
  const compiled = [path, href].find((name) => first.startsWith(`${name}:`))
  if (compiled !== undefined) {
    const column = rest.find((line) => /^ *\^+$/.test(line))?.indexOf('^')
    return `line ${first.slice(compiled.length + 1)}${column === undefined ? '' : `, column ${column + 1}`}: `
  }
  const frame = rest.find((line) => line.includes(`${href}:`))
  const [line, column] = frame === undefined ? [] : frame.slice(frame.indexOf(href) + href.length + 1).split(/[:)]/)
  return line === undefined || column === undefined ? '' : `line ${line}, column ${column}: `
}

function linesOf(issue: z.core.$ZodIssue, given: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? `; known are ${Object.keys(schema.shape).join(', ')}` : ''
    return issue.keys.map((key) => `${nameOf([...issue.path, key])}: there is no such option${known}`)
  }
  // A key of a record that is no Region: the message is about the key.
  const isKey = issue.code === 'invalid_key'
  const expected = isKey ? (issue.issues[0]?.message ?? issue.message) : issue.message
  const value = isKey ? issue.path.at(-1) : valueAt(given, issue.path)
  return [`${nameOf(issue.path)}: ${shown(value)}; expected: ${expected}`]
}

const nameOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : (index > 0 ? '.' : '') + String(part)))
    .join('') || 'the config'

const valueAt = (given: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    given,
  )

const shown = (value: unknown): string => (value === undefined ? 'missing' : `given ${JSON.stringify(value)}`)

const regionInArn = (arn: string): string => arn.split(':')[3] ?? ''

const isDeepSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((each) => right.includes(each))
