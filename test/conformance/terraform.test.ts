import { existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { operations } from '../../lambda/core/operations/index.ts'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { describeUnless, lacking, run, type Ran } from '../support/other-programs.ts'

const makeDirectory = suiteDirectories()

/** Where Terraform itself looks for providers without the internet; COFFER_TEST_TERRAFORM_PLUGINS names another mirror. */
const mirrors = [
  process.env.COFFER_TEST_TERRAFORM_PLUGINS,
  process.env.TF_PLUGIN_CACHE_DIR,
  join(homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
].filter((path) => path !== undefined)
const mirror = mirrors.find((path) => existsSync(join(path, 'registry.terraform.io/hashicorp/aws')))

const reason =
  lacking('terraform', ['version'], 'terraform') ??
  (mirror === undefined ? 'no local mirror has the AWS provider (COFFER_TEST_TERRAFORM_PLUGINS)' : undefined) ??
  // The provider reads the policy of every secret.
  ('GetResourcePolicy' in operations ? undefined : 'GetResourcePolicy is not offered yet')

const configuration = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "endpoint" {}
variable "stage" {}
provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
  endpoints {
    secretsmanager = var.endpoint
    kms            = var.endpoint
    sts            = var.endpoint
  }
}
resource "aws_secretsmanager_secret" "plain" {
  name                    = "terraform/plain"
  description             = "made by Terraform"
  recovery_window_in_days = 7
  tags                    = { stage = var.stage }
}
resource "aws_secretsmanager_secret_version" "plain" {
  secret_id     = aws_secretsmanager_secret.plain.id
  secret_string = jsonencode({ user = "me" })
}
`

describeUnless(reason, 'Terraform', () => {
  let coffer: ChildCoffer
  const cwd = makeDirectory()
  beforeAll(async () => {
    coffer = await ChildCoffer.start({ dataDir: makeDirectory() })
    writeFileSync(join(cwd, 'main.tf'), configuration)
  })
  afterAll(() => coffer.stop())

  async function terraform(stage: string, ...args: string[]): Promise<Ran> {
    const environment = {
      AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      TF_VAR_endpoint: coffer.url,
      TF_VAR_stage: stage,
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
    }
    return run('terraform', args, { cwd, environment })
  }

  it('applies, sees no difference afterwards, changes a tag and destroys', async () => {
    const steps = [
      await terraform('one', 'init', '-no-color', `-plugin-dir=${mirror ?? ''}`),
      await terraform('one', 'apply', '-no-color', '-auto-approve'),
      await terraform('one', 'plan', '-no-color', '-detailed-exitcode'),
      await terraform('two', 'apply', '-no-color', '-auto-approve'),
      await terraform('two', 'destroy', '-no-color', '-auto-approve'),
    ]
    expect(steps.map(({ code, stderr }) => ({ code, stderr }))).toEqual(steps.map(() => ({ code: 0, stderr: '' })))
    expect(steps[2]?.stdout).toContain('No changes.')
    expect(steps[3]?.stdout).toContain('0 added, 1 changed, 0 destroyed')
    expect(steps[4]?.stdout).toContain('2 destroyed')
  }, 180_000)
})
