import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChildCoffer } from '../support/child-coffer.ts'
import { describeUnless } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { lackingTerraform, PROVIDER, Terraform } from '../support/terraform.ts'

const makeDirectory = suiteDirectories()

const configuration = `${PROVIDER}
variable "stage" {}
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

describeUnless(lackingTerraform(), 'Terraform', () => {
  let coffer: ChildCoffer
  beforeAll(async () => {
    coffer = await ChildCoffer.start({ dataDir: makeDirectory() })
  })
  afterAll(() => coffer.stop())

  it('applies, sees no difference afterwards, changes a tag and destroys', async () => {
    const cwd = makeDirectory()
    writeFileSync(join(cwd, 'main.tf'), configuration)
    const terraform = new Terraform({ cwd, url: coffer.url })
    const steps = [
      await terraform.init(),
      await terraform.apply({ stage: 'one' }),
      await terraform.plan({ stage: 'one' }),
      await terraform.apply({ stage: 'two' }),
      await terraform.destroy({ stage: 'two' }),
    ]
    expect(steps.map(({ code, stderr }) => ({ code, stderr }))).toEqual(steps.map(() => ({ code: 0, stderr: '' })))
    expect(steps[2]?.stdout).toContain('No changes.')
    expect(steps[3]?.stdout).toContain('0 added, 1 changed, 0 destroyed')
    expect(steps[4]?.stdout).toContain('2 destroyed')
  }, 300_000)
})
