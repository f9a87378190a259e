import { existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { FunctionRunner } from '../../../local/functions/runtime/function-runner.ts'
import { describeUnless, lacking, run, type Ran } from '../../support/other-programs.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import {
  ACCOUNT,
  REGION,
  ROLE,
  startFunctions,
  zip,
  type FunctionsServer,
  type Signer,
} from './support/functions-server.ts'

// Terraform starts its provider anew for every step, which takes half a minute on a busy machine.
jest.setTimeout(600_000)
const makeDirectory = suiteDirectories()
let server: FunctionsServer
let admin: Signer

beforeAll(async () => {
  server = await startFunctions({ directory: makeDirectory(), runner: new FunctionRunner() })
  await server.role('rotation')
  admin = await server.admin()
})
afterAll(() => server.close())

const environment = (): Record<string, string> => ({
  AWS_ENDPOINT_URL: server.url,
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_DEFAULT_OUTPUT: 'json',
  AWS_ACCESS_KEY_ID: admin.accessKeyId,
  AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
})
const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`
const CODE = zip({
  'index.py': 'def handler(event, context):\n    return {"seen": event, "name": context.function_name}\n',
})

describeUnless(lacking('aws', ['--version'], 'the AWS CLI'), 'the AWS CLI', () => {
  const folder = makeDirectory()
  const cli = (...args: string[]): Promise<Ran> =>
    run('aws', ['lambda', ...args], { environment: environment(), cwd: folder })

  async function aws(...args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await cli(...args)
    if (code !== 0) throw new Error(`aws lambda ${args[0] ?? ''}: ${stderr}`)
    return stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>)
  }

  it('creates, waits for, permits, invokes, updates, lists and deletes a function', async () => {
    writeFileSync(join(folder, 'code.zip'), CODE)
    const name = ['--function-name', 'cli']
    await aws(
      'create-function',
      ...name,
      '--runtime',
      'python3.12',
      '--role',
      ROLE,
      '--handler',
      'index.handler',
      '--zip-file',
      'fileb://code.zip',
      '--environment',
      'Variables={A=1}',
    )
    await aws('wait', 'function-active-v2', ...name)
    await aws(
      'add-permission',
      ...name,
      '--statement-id',
      's',
      '--action',
      'lambda:InvokeFunction',
      '--principal',
      'secretsmanager.amazonaws.com',
      '--source-account',
      ACCOUNT,
    )
    expect(JSON.parse(String((await aws('get-policy', ...name)).Policy))).toMatchObject({
      Statement: [{ Sid: 's', Condition: { StringEquals: { 'AWS:SourceAccount': ACCOUNT } } }],
    })
    writeFileSync(join(folder, 'event'), '{"n":1}')
    const invoked = await aws(
      'invoke',
      ...name,
      '--payload',
      'fileb://event',
      '--log-type',
      'Tail',
      '/dev/stdout',
    ).catch((error: unknown) => String(error))
    expect(invoked).toBeDefined()
    const result = await cli('invoke', ...name, '--payload', 'fileb://event', 'result')
    expect(JSON.parse(result.stdout)).toEqual({ StatusCode: 200, ExecutedVersion: '$LATEST' })
    await aws('update-function-code', ...name, '--zip-file', 'fileb://code.zip')
    await aws('wait', 'function-updated-v2', ...name)
    await aws('update-function-configuration', ...name, '--timeout', '20')
    expect(await aws('list-functions')).toMatchObject({ Functions: [{ FunctionName: 'cli', Timeout: 20 }] })
    await aws('remove-permission', ...name, '--statement-id', 's')
    await aws('delete-function', '--function-name', `${ARN}:cli`)
    const gone = await cli('get-function', ...name)
    expect(gone.stderr).toContain('ResourceNotFoundException')
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
variable "seconds" {}
provider "aws" {
  region                  = "${REGION}"
  skip_metadata_api_check = true
  endpoints {
    lambda = var.endpoint
    iam    = var.endpoint
    sts    = var.endpoint
  }
}
resource "aws_iam_role" "rotation" {
  name               = "terraform-rotation"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
resource "aws_lambda_function" "rotate" {
  function_name                  = "terraform"
  role                           = aws_iam_role.rotation.arn
  runtime                        = "python3.12"
  handler                        = "index.handler"
  filename                       = "code.zip"
  source_code_hash               = filebase64sha256("code.zip")
  timeout                        = var.seconds
  reserved_concurrent_executions = 2
  tags                           = { stage = "test" }
  environment {
    variables = { A = "1" }
  }
}
resource "aws_lambda_permission" "rotation" {
  statement_id   = "SecretsManager"
  function_name  = aws_lambda_function.rotate.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = "${ACCOUNT}"
}
`

const lacksTerraform =
  lacking('terraform', ['version'], 'terraform') ??
  (mirror === undefined ? 'no local mirror has the AWS provider (COFFER_TEST_TERRAFORM_PLUGINS)' : undefined)

describeUnless(lacksTerraform, 'Terraform', () => {
  const cwd = makeDirectory()
  const terraform = (seconds: number, ...args: string[]): Promise<Ran> =>
    run('terraform', args, {
      cwd,
      environment: {
        AWS_ACCESS_KEY_ID: admin.accessKeyId,
        AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
        TF_VAR_endpoint: server.url,
        TF_VAR_seconds: String(seconds),
        TF_IN_AUTOMATION: '1',
        CHECKPOINT_DISABLE: '1',
      },
    })

  it('applies a function and its permission, sees no difference afterwards, changes and destroys it', async () => {
    writeFileSync(join(cwd, 'main.tf'), CONFIGURATION)
    writeFileSync(join(cwd, 'code.zip'), CODE)
    const steps = [
      await terraform(10, 'init', '-no-color', `-plugin-dir=${mirror ?? ''}`),
      await terraform(10, 'apply', '-no-color', '-auto-approve'),
      await terraform(10, 'plan', '-no-color', '-detailed-exitcode'),
      await terraform(20, 'apply', '-no-color', '-auto-approve'),
      await terraform(20, 'destroy', '-no-color', '-auto-approve'),
    ]
    expect(steps.map(({ code, stderr }) => ({ code, stderr }))).toEqual(steps.map(() => ({ code: 0, stderr: '' })))
    expect(steps[2]?.stdout).toContain('No changes.')
    expect(steps[3]?.stdout).toContain('0 added, 1 changed, 0 destroyed')
    expect(steps[4]?.stdout).toContain('3 destroyed')
  })
})
