/**
 * Rotation through the clients that people have: Terraform and the AWS CLI.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ADMIN } from '../local/support/running-server.ts'
import { describeUnless, lacking, run, type Ran } from '../support/other-programs.ts'
import { MANAGED, REGION, startEmbedded, type Embedded } from '../support/rotation-embedded.ts'
import { Control, obedientFunction } from '../support/rotation-obedient.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

jest.setTimeout(400_000)
const makeDirectory = suiteDirectories()
let server: Embedded
let functionArn: string

beforeAll(async () => {
  const control = new Control(join(makeDirectory(), 'control'))
  mkdirSync(control.folder)
  server = await startEmbedded(join(makeDirectory(), 'data'))
  functionArn = await server.client.addFunction(obedientFunction(control))
})
afterAll(() => server.close())

/** Version 1 of the CLI prints seconds, version 2 a text. */
const isoTime = (shown: unknown): string =>
  new Date(typeof shown === 'number' ? Math.round(shown * 1000) : String(shown)).toISOString()

const environment = (): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
  AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
  AWS_ENDPOINT_URL: server.coffer.url,
  AWS_DEFAULT_REGION: REGION,
  AWS_DEFAULT_OUTPUT: 'json',
})

describeUnless(lacking('aws', ['--version'], 'the AWS CLI'), 'the AWS CLI', () => {
  const cli = (...args: string[]): Promise<Ran> =>
    run('aws', ['secretsmanager', ...args], { environment: environment() })

  async function aws(...args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await cli(...args)
    if (code !== 0) throw new Error(`aws secretsmanager ${args[0] ?? ''}: ${stderr}`)
    return JSON.parse(stdout) as Record<string, unknown>
  }

  it('rotates a secret, describes it, and turns its rotation off', async () => {
    const ARN = await server.client.create('cli', 'first')
    const id = ['--secret-id', 'cli']
    const none = await cli('rotate-secret', ...id)
    expect(none.code).not.toBe(0)
    expect(none.stderr).toContain(
      '(InvalidRequestException) when calling the RotateSecret operation: No Lambda rotation function ARN is associated with this secret.',
    )
    const missing = await cli('rotate-secret', ...id, '--rotation-lambda-arn', `${functionArn}-not`)
    expect(missing.stderr).toContain(
      '(AccessDeniedException) when calling the RotateSecret operation: Secrets Manager cannot invoke',
    )
    expect(await aws('describe-secret', ...id)).not.toHaveProperty('RotationEnabled')

    const rules = ['--rotation-rules', 'ScheduleExpression=rate(10 days),Duration=3h']
    const started = await aws('rotate-secret', ...id, '--rotation-lambda-arn', functionArn, ...rules)
    expect(started).toEqual({ ARN, Name: 'cli', VersionId: expect.any(String) })
    await server.client.until('cli', ({ rotations: [last] }) => last?.result !== undefined)
    const { LastRotatedDate, NextRotationDate, ...shown } = await aws('describe-secret', ...id)
    expect([isoTime(LastRotatedDate).slice(0, 11), isoTime(NextRotationDate)]).toEqual([
      '2026-01-01T',
      '2026-01-11T02:59:59.000Z',
    ])
    expect(shown).toMatchObject({
      ARN,
      RotationEnabled: true,
      RotationLambdaARN: functionArn,
      RotationRules: { AutomaticallyAfterDays: 10, ScheduleExpression: 'rate(10 days)', Duration: '3h' },
      VersionIdsToStages: { [String(started.VersionId)]: expect.arrayContaining(['AWSCURRENT']) },
    })
    expect(await aws('list-secrets', '--filters', 'Key=name,Values=cli')).toMatchObject({
      SecretList: [{ RotationEnabled: true, RotationRules: { ScheduleExpression: 'rate(10 days)' } }],
    })

    expect(await aws('cancel-rotate-secret', ...id)).toEqual({ ARN, Name: 'cli' })
    const off = await aws('describe-secret', ...id)
    expect(off).toMatchObject({ RotationEnabled: false, RotationLambdaARN: functionArn })
    expect(off).not.toHaveProperty('NextRotationDate')
    // On again, with all that was stored.
    expect(await aws('rotate-secret', ...id, '--no-rotate-immediately')).toMatchObject({ Name: 'cli' })
    expect(await aws('describe-secret', ...id)).toMatchObject({
      RotationEnabled: true,
      RotationRules: { Duration: '3h' },
    })
  })

  it.each([
    ['ScheduleExpression=rate(3 hours)', 'rate(3 hours)'],
    ['ScheduleExpression=cron(5 8 * * ? *)', 'cron(5 8 * * ? *)'],
    ['ScheduleExpression=rate(10 days),AutomaticallyAfterDays=3', 'You cannot specify both rotation frequency'],
    ['ScheduleExpression=rate(10 days),Duration=30h', '30h'],
  ])('%s is refused, and nothing of it is stored', async (rules, said) => {
    const name = `bad-${said.replaceAll(/[^a-z0-9]/gi, '-')}`
    await server.client.create(name, 'first')
    const refused = await cli(
      'rotate-secret',
      '--secret-id',
      name,
      '--rotation-lambda-arn',
      functionArn,
      '--rotation-rules',
      rules,
    )
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('(InvalidParameterException)')
    expect(refused.stderr).toContain(said)
    expect(await server.client.call('DescribeSecret', { SecretId: name })).not.toHaveProperty('RotationEnabled')
  })

  it('turns managed rotation on', async () => {
    await server.client.create('cli-managed', { password: 'first' })
    await aws(
      'rotate-secret',
      '--secret-id',
      'cli-managed',
      '--rotation-lambda-arn',
      MANAGED,
      '--external-secret-rotation-metadata',
      'Key=strategy,Value=generic',
      '--rotation-rules',
      'AutomaticallyAfterDays=30',
    )
    await server.client.until('cli-managed', ({ rotations: [last] }) => last?.result === 'succeeded')
    expect((await server.client.json('cli-managed')).password).toHaveLength(32)
  })
})

const mirror = [
  process.env.COFFER_TEST_TERRAFORM_PLUGINS,
  process.env.TF_PLUGIN_CACHE_DIR,
  join(homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
].find((path) => path !== undefined && existsSync(join(path, 'registry.terraform.io/hashicorp/aws')))

const CONFIGURATION = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "endpoint" {}
variable "function" {}
variable "days" {}
provider "aws" {
  region                  = "${REGION}"
  skip_metadata_api_check = true
  endpoints {
    secretsmanager = var.endpoint
    sts            = var.endpoint
  }
}
resource "aws_secretsmanager_secret" "own" {
  name                    = "terraform/own"
  recovery_window_in_days = 0
}
resource "aws_secretsmanager_secret_version" "own" {
  secret_id     = aws_secretsmanager_secret.own.id
  secret_string = "first"
  lifecycle {
    ignore_changes = [secret_string, version_stages]
  }
}
resource "aws_secretsmanager_secret_rotation" "own" {
  secret_id           = aws_secretsmanager_secret_version.own.secret_id
  rotation_lambda_arn = var.function
  rotation_rules {
    automatically_after_days = var.days
  }
}
resource "aws_secretsmanager_secret" "monthly" {
  name                    = "terraform/monthly"
  recovery_window_in_days = 0
}
resource "aws_secretsmanager_secret_version" "monthly" {
  secret_id     = aws_secretsmanager_secret.monthly.id
  secret_string = "first"
  lifecycle {
    ignore_changes = [secret_string, version_stages]
  }
}
resource "aws_secretsmanager_secret_rotation" "monthly" {
  secret_id           = aws_secretsmanager_secret_version.monthly.secret_id
  rotation_lambda_arn = var.function
  rotate_immediately  = false
  rotation_rules {
    schedule_expression = "cron(0 8 1 * ? *)"
    duration            = "2h"
  }
}
`

const lacksTerraform =
  lacking('terraform', ['version'], 'terraform') ??
  (mirror === undefined ? 'no local mirror has the AWS provider (COFFER_TEST_TERRAFORM_PLUGINS)' : undefined)

describeUnless(lacksTerraform, 'Terraform', () => {
  const cwd = makeDirectory()
  const terraform = (days: number, ...args: string[]): Promise<Ran> =>
    run('terraform', [args[0] ?? '', '-no-color', ...args.slice(1)], {
      cwd,
      environment: {
        AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
        TF_VAR_endpoint: server.coffer.url,
        TF_VAR_function: functionArn,
        TF_VAR_days: String(days),
        TF_IN_AUTOMATION: '1',
        CHECKPOINT_DISABLE: '1',
      },
    })

  async function succeeds(...[days, ...args]: Parameters<typeof terraform>): Promise<string> {
    const { code, stdout, stderr } = await terraform(days, ...args)
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
    return stdout
  }

  it('turns rotation on, sees no difference after it has rotated, changes the days, and destroys it', async () => {
    writeFileSync(join(cwd, 'main.tf'), CONFIGURATION)
    await succeeds(30, 'init', `-plugin-dir=${mirror ?? ''}`)
    expect(await succeeds(30, 'apply', '-auto-approve')).toContain('6 added')
    const { client } = server
    await client.until('terraform/own', ({ rotations: [last] }) => last?.result === 'succeeded')
    expect(await client.value('terraform/own')).not.toBe('first')
    expect(await client.value('terraform/monthly')).toBe('first')
    expect(await succeeds(30, 'plan', '-detailed-exitcode')).toContain('No changes.')
    // A rotation of either by schedule changes nothing for Terraform, and neither do the days that are then shown beside an expression.
    await client.advance('40d')
    expect(await client.value('terraform/monthly')).not.toBe('first')
    expect(await succeeds(30, 'plan', '-detailed-exitcode')).toContain('No changes.')
    expect(await succeeds(45, 'apply', '-auto-approve')).toContain('0 added, 1 changed, 0 destroyed')
    expect(await client.call('DescribeSecret', { SecretId: 'terraform/own' })).toMatchObject({
      RotationRules: { AutomaticallyAfterDays: 45 },
    })
    expect(await succeeds(45, 'plan', '-detailed-exitcode')).toContain('No changes.')
    expect(await succeeds(45, 'destroy', '-auto-approve')).toContain('6 destroyed')
  })
})
