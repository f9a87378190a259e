/**
 * Terraform with the AWS provider, from a mirror on this machine.
 * @module
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ADMIN } from './child-coffer.ts'
import { lacking, run, type Ran } from './other-programs.ts'

/** Where Terraform itself looks for providers without the internet; COFFER_TEST_TERRAFORM_PLUGINS names another mirror. */
const mirrors = [
  process.env.COFFER_TEST_TERRAFORM_PLUGINS,
  process.env.TF_PLUGIN_CACHE_DIR,
  join(homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
].filter((path) => path !== undefined)
const mirror = mirrors.find((path) => existsSync(join(path, 'registry.terraform.io/hashicorp/aws')))

/** Why there is none; undefined when there is. */
export const lackingTerraform = (): string | undefined =>
  lacking('terraform', ['version'], 'terraform') ??
  (mirror === undefined ? 'no local mirror has the AWS provider (COFFER_TEST_TERRAFORM_PLUGINS)' : undefined)

/** The beginning of a configuration: the provider, in us-east-1, speaks to the Coffer at `var.endpoint`. */
export const PROVIDER = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "endpoint" {}
provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
  endpoints {
    secretsmanager = var.endpoint
    kms            = var.endpoint
    sts            = var.endpoint
  }
}
`

export class Terraform {
  readonly #cwd: string
  readonly #url: string

  /** @param cwd has the configuration */
  constructor({ cwd, url }: { readonly cwd: string; readonly url: string }) {
    this.#cwd = cwd
    this.#url = url
  }

  init(): Promise<Ran> {
    return this.#run({}, 'init', `-plugin-dir=${mirror ?? ''}`)
  }

  apply(variables: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.#run(variables, 'apply', '-auto-approve')
  }

  /** Ends with 2 where something would change. */
  plan(variables: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.#run(variables, 'plan', '-detailed-exitcode')
  }

  destroy(variables: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.#run(variables, 'destroy', '-auto-approve')
  }

  #run(variables: Readonly<Record<string, string>>, command: string, ...args: readonly string[]): Promise<Ran> {
    const given = Object.entries({ endpoint: this.#url, ...variables })
    const environment = {
      AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      ...Object.fromEntries(given.map(([name, value]) => [`TF_VAR_${name}`, value])),
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
    }
    return run('terraform', [command, '-no-color', ...args], { cwd: this.#cwd, environment })
  }
}
