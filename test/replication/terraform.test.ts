import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { callSigned } from '../local/support/running-server.ts'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { describeUnless } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { lackingTerraform, PROVIDER, Terraform } from '../support/terraform.ts'

const makeDirectory = suiteDirectories()
const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
const [PRIMARY, WEST, EUROPE] = REGIONS
const VALUE = JSON.stringify({ user: 'me' })

/** West has a customer's key, the others have the service's own. */
const configuration = `${PROVIDER}
variable "stage" {}
variable "regions" { type = list(string) }
variable "key" {}
resource "aws_secretsmanager_secret" "replicated" {
  name                    = "terraform/replicated"
  recovery_window_in_days = 0
  tags                    = { stage = var.stage }
  dynamic "replica" {
    for_each = toset(var.regions)
    content {
      region     = replica.value
      kms_key_id = replica.value == "us-west-2" ? var.key : null
    }
  }
}
resource "aws_secretsmanager_secret_version" "replicated" {
  secret_id     = aws_secretsmanager_secret.replicated.id
  secret_string = jsonencode({ user = "me" })
}
`

describeUnless(lackingTerraform(), 'Terraform with replica blocks', () => {
  let coffer: ChildCoffer
  let terraform: Terraform
  const cwd = makeDirectory()
  const clients = new Map<string, SecretsManager>()
  beforeAll(async () => {
    coffer = await ChildCoffer.start({ dataDir: makeDirectory() })
    writeFileSync(join(cwd, 'main.tf'), configuration)
    terraform = new Terraform({ cwd, url: coffer.url })
    for (const region of REGIONS)
      clients.set(region, new SecretsManager({ endpoint: coffer.url, region, credentials: ADMIN, maxAttempts: 1 }))
    expect(await terraform.init()).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    for (const client of clients.values()) client.destroy()
    await coffer.stop()
  })

  /** A change of the network answers when all that it lets through has arrived. */
  async function settle(): Promise<void> {
    const call = { path: '/_coffer/replication/network', service: 'coffer', headers: {}, credentials: ADMIN }
    expect((await callSigned(coffer.url, call)).status).toBe(200)
  }
  /** In each Region the value, or the name of the error. */
  async function valuesEverywhere(): Promise<unknown[]> {
    await settle()
    const read = async (client: SecretsManager): Promise<unknown> => {
      try {
        return (await client.getSecretValue({ SecretId: 'terraform/replicated' })).SecretString
      } catch (error) {
        return (error as Error).name
      }
    }
    return Promise.all([...clients.values()].map(read))
  }
  const statuses = async (): Promise<unknown> => {
    const described = await clients.get(PRIMARY)!.describeSecret({ SecretId: 'terraform/replicated' })
    return described.ReplicationStatus?.map(({ Region, Status, KmsKeyId }) => [Region, Status, KmsKeyId])
  }
  const done = { code: 0, stderr: '' }

  it('applies, sees no difference, adds and removes Regions, and destroys them all', async () => {
    const gone = 'ResourceNotFoundException'
    const kms = new KMS({ endpoint: coffer.url, region: WEST, credentials: ADMIN })
    const key = (await kms.createKey({})).KeyMetadata!.Arn!
    kms.destroy()
    const one = { stage: 'one', key, regions: JSON.stringify([WEST]) }
    expect(await terraform.apply(one)).toMatchObject(done)
    expect(await valuesEverywhere()).toEqual([VALUE, VALUE, gone])
    expect(await statuses()).toEqual([[WEST, 'InSync', key]])
    expect(await terraform.plan(one)).toMatchObject({ ...done, stdout: expect.stringContaining('No changes.') })

    const both = { stage: 'two', key, regions: JSON.stringify([WEST, EUROPE]) }
    const added = await terraform.apply(both)
    expect(added).toMatchObject({ ...done, stdout: expect.stringContaining('0 added, 1 changed, 0 destroyed') })
    expect(await valuesEverywhere()).toEqual([VALUE, VALUE, VALUE])
    expect(await statuses()).toEqual([
      [EUROPE, 'InSync', 'alias/aws/secretsmanager'],
      [WEST, 'InSync', key],
    ])
    const { Tags } = await clients.get(EUROPE)!.describeSecret({ SecretId: 'terraform/replicated' })
    expect(Tags).toEqual([{ Key: 'stage', Value: 'two' }])
    expect(await terraform.plan(both)).toMatchObject({ ...done, stdout: expect.stringContaining('No changes.') })

    const other = { stage: 'two', key, regions: JSON.stringify([EUROPE]) }
    expect(await terraform.apply(other)).toMatchObject(done)
    expect(await valuesEverywhere()).toEqual([VALUE, gone, VALUE])

    const destroyed = await terraform.destroy(other)
    expect(destroyed).toMatchObject({ ...done, stdout: expect.stringContaining('2 destroyed') })
    expect(await valuesEverywhere()).toEqual([gone, gone, gone])
  }, 600_000)
})
