/** The stacks of a deployment together: names, what they may not share, and what the checkers say. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- a template's properties are any: what is not there fails the assertion */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CofferConfigInput } from '../../lib/config.ts'
import { allEntries } from '../../lib/names.ts'
import {
  baseConfig,
  privateConfig,
  standIns,
  synthesise,
  synthesised,
  threeRegions,
  type Synthesised,
  type Template,
} from './support/synthesised.ts'

const checked = (config: CofferConfigInput): Synthesised => synthesised(config, { isChecked: true })
const agnostic: CofferConfigInput = {
  regions: ['eu-west-1'],
  prefix: 'anywhere',
  apiGatewayLogRole: true,
  waf: { webAclArns: { 'eu-west-1': 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/mine/0a1b2c3d' } },
}

const isBad: Record<string, boolean> = { info: false, warning: true, error: true }

const variants: [string, CofferConfigInput][] = [
  ['one Region', baseConfig],
  ['three Regions and every option', threeRegions],
  ['a private API', privateConfig],
  ['an account that is not known, and a web ACL', agnostic],
]

test('there is a data stack, a service stack for each Region, and a dashboard', () => {
  expect(checked(baseConfig).stackNames.toSorted()).toEqual([
    'Coffer-Data',
    'Coffer-Observability',
    'Coffer-Service-eu-west-1',
  ])
  expect(
    checked(threeRegions).assembly.stacks.map(({ stackName, environment }) => [stackName, environment.region]),
  ).toEqual(
    expect.arrayContaining([
      ['Coffer-prod-Data', 'us-east-1'],
      ['Coffer-prod-Service-us-east-1', 'us-east-1'],
      ['Coffer-prod-Service-eu-west-1', 'eu-west-1'],
      ['Coffer-prod-Service-ap-northeast-1', 'ap-northeast-1'],
      ['Coffer-prod-Observability', 'us-east-1'],
    ]),
  )
})

describe.each(variants)('%s', (_title, config) => {
  test('cdk-nag and CDK find nothing that is not acknowledged, and nobody warns', () => {
    const { assembly } = checked(config)
    expect(assembly.stacks.flatMap(({ messages }) => messages.filter(({ level }) => isBad[level]))).toEqual([])
  })

  test('no stack refers to another: there are no exports, no imports, no shared parameters', () => {
    const { assembly, stackNames } = checked(config)
    for (const { template } of assembly.stacks) {
      const text = JSON.stringify(template)
      expect(text).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput|"Export":|ExportsReader|ExportsWriter/)
      expect(Object.keys((template as { Parameters?: object }).Parameters ?? {})).toEqual(
        text.includes('BootstrapVersion') ? ['BootstrapVersion'] : [],
      )
      for (const stack of stackNames) expect(text).not.toContain(`"${stack}"`)
    }
  })

  test('no stack comes near the limits of CloudFormation', () => {
    for (const { template } of checked(config).assembly.stacks) {
      expect(Object.keys((template as Template).Resources).length).toBeLessThan(300)
      expect(JSON.stringify(template).length).toBeLessThan(500_000)
    }
  })

  test('ARNs are written for the Region that they are deployed to', () => {
    for (const { template, environment, stackName } of checked(config).assembly.stacks) {
      // The dashboard shows what is in all of them.
      if (stackName.endsWith('-Observability')) continue
      const { Resources } = template as Template
      // What the replicator opens is in other Regions: test/lib/grants.test.ts has its table.
      const others = Object.entries(Resources).filter(([id]) => !id.startsWith('ReplicatorFunctionRole'))
      const regions = [...JSON.stringify(others).matchAll(/arn:aws:[a-z0-9-]+:([a-z]{2}-[a-z]+-\d):/g)].map(
        ([, region]) => region,
      )
      // Its replicas' keys are named in the one definition of a global table.
      const isGlobal = JSON.stringify(template).includes('AWS::DynamoDB::GlobalTable')
      if (!isGlobal) expect(new Set(regions)).toEqual(new Set(regions.length > 0 ? [environment.region] : []))
    }
  })
})

test('the service stacks come after the table', () => {
  const { assembly } = checked(threeRegions)
  for (const region of threeRegions.regions)
    expect(
      assembly.getStackByName(`Coffer-prod-Service-${region}`).dependencies.map((artifact) => artifact.id),
    ).toContain('Coffer-prod-Data')
})

test('a second synth of the same config changes nothing', () => {
  const first = synthesised(baseConfig)
  const second = synthesise(baseConfig)
  expect(second.stackNames).toEqual(first.stackNames)
  for (const stack of first.stackNames) {
    expect(second.template(stack)).toEqual(first.template(stack))
    const assets = (folder: string): string => readFileSync(join(folder, `${stack}.assets.json`), 'utf8')
    expect(assets(second.folder)).toBe(assets(first.folder))
  }
})

describe('two deployments in one account', () => {
  const others = ['coffer-prod', 'coffer2', 'coffer-data', 'coffer-service']

  test.each(others)('coffer and %s share no name', (prefix) => {
    const names = physicalNames(synthesised(baseConfig))
    const theirs = physicalNames(synthesised({ ...baseConfig, prefix }))
    // A function, a role and a log for each, at least.
    expect(names.length).toBeGreaterThan(3 * allEntries.length)
    expect(theirs).toHaveLength(names.length)
    expect(new Set([...names, ...theirs]).size).toBe(2 * names.length)
  })

  test("no deployment's roles are below the path that another's keys let in", () => {
    const pathOf = (prefix: string): string => {
      const { Resources } = synthesised({ ...baseConfig, prefix }).template(`C${prefix.slice(1)}-Service-eu-west-1`)
      const paths = Object.values(Resources)
        .filter(({ Type }) => Type === 'AWS::IAM::Role')
        .map(({ Properties }) => Properties.Path as string)
      expect(new Set(paths).size).toBe(1)
      return paths[0]!
    }
    expect(pathOf('coffer')).toBe('/coffer/coffer/')
    for (const prefix of others) {
      expect(pathOf(prefix).startsWith(pathOf('coffer'))).toBe(false)
      expect(pathOf('coffer').startsWith(pathOf(prefix))).toBe(false)
    }
  })
})

test('everything is tagged with its deployment and the tags of the config', () => {
  const { Resources } = checked(threeRegions).template('Coffer-prod-Service-eu-west-1')
  for (const { Type, Properties } of Object.values(Resources))
    if (Type === 'AWS::Lambda::Function' || Type === 'AWS::IAM::Role')
      expect(Properties.Tags).toEqual([
        { Key: 'coffer:deployment', Value: 'coffer-prod' },
        { Key: 'team', Value: 'platform' },
      ])
})

test('the dashboard shows every Region', () => {
  const text = JSON.stringify(checked(threeRegions).template('Coffer-prod-Observability'))
  for (const region of threeRegions.regions) expect(text).toContain(`\\"region\\":\\"${region}\\"`)
})

test('a deployment without a bundle for a function is not built', () => {
  const without: typeof standIns = (entries, out) =>
    standIns(
      entries.filter((entry) => entry !== 'router'),
      out,
    )
  expect(() => synthesise(baseConfig, { bundle: without })).toThrow('there is no bundle for router')
})

const hasLinter = spawnSync('cfn-lint', ['--version']).status === 0
if (!hasLinter) console.log('skipped: cfn-lint is not installed')

;(hasLinter ? test : test.skip)('cfn-lint finds nothing', () => {
  const files = [
    ...templatesOf(checked(baseConfig)),
    ...templatesOf(checked(threeRegions)).filter((file) => !/Service-(us|ap)/.test(file)),
    ...templatesOf(checked(privateConfig)).filter((file) => file.includes('Service')),
  ]
  // W3005: CDK names dependencies that a reference implies already.
  const { stdout, stderr } = spawnSync('cfn-lint', ['--ignore-checks', 'W3005', '--', ...files], { encoding: 'utf8' })
  expect(stdout + stderr).toBe('')
})

const templatesOf = ({ folder, stackNames }: Synthesised): string[] =>
  stackNames.map((stack) => join(folder, `${stack}.template.json`))

/** `<kind>:<name>` of everything that has a name of ours. */
function physicalNames({ assembly, stackNames }: Synthesised): string[] {
  const resources = assembly.stacks.flatMap(({ template }) => Object.values((template as Template).Resources))
  const named = resources.flatMap(({ Type, Properties }) => {
    const name: unknown = NAMES.map((property) => Properties[property] as unknown).find(
      (value) => typeof value === 'string',
    )
    return name === undefined || Type === 'AWS::Lambda::Permission' ? [] : [`${Type}:${name as string}`]
  })
  return [...stackNames.map((stack) => `stack:${stack.toLowerCase()}`), ...named]
}

const NAMES = [
  'TableName',
  'FunctionName',
  'RoleName',
  'LogGroupName',
  'QueueName',
  'TopicName',
  'AlarmName',
  'DashboardName',
  'LayerName',
  'Name',
]
