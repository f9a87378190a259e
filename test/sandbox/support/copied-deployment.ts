/**
 * The synthesised deployment in a folder, for tests that break it before it is served.
 * @module
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deploymentWith } from './deployment.ts'

export interface TemplateResource {
  Type: string
  Properties: Record<string, unknown>
}

interface PolicyStatement {
  Action: string | string[]
}

export class CopiedDeployment {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Synthesised from a config file, as with `--config`. @param more options of the config */
  static async into(folder: string, more: object = {}): Promise<CopiedDeployment> {
    cpSync(await deploymentWith(more), folder, { recursive: true })
    return new CopiedDeployment(folder)
  }

  /** Changes the resources of the service stack of a Region. */
  edit(region: string, change: (resources: TemplateResource[]) => void): void {
    const name = readdirSync(this.folder).find((file) => file.endsWith('.template.json') && file.includes(region))
    const path = join(this.folder, name!)
    const template = JSON.parse(readFileSync(path, 'utf8')) as { Resources: Record<string, TemplateResource> }
    change(Object.values(template.Resources))
    writeFileSync(path, JSON.stringify(template))
  }

  /** Puts other code in the place of a function's bundle, in every Region. */
  replaceCode(functionName: string, code: string): void {
    const templates = readdirSync(this.folder).filter((file) => file.endsWith('.template.json'))
    for (const file of templates) {
      const text = readFileSync(join(this.folder, file), 'utf8')
      const { Resources } = JSON.parse(text) as { Resources: Record<string, TemplateResource> }
      for (const { Type, Properties } of Object.values(Resources))
        if (Type === 'AWS::Lambda::Function' && Properties.FunctionName === functionName) {
          const { S3Key } = Properties.Code as { S3Key: string }
          writeFileSync(join(this.folder, `asset.${S3Key.replace('.zip', '')}`, 'index.js'), code)
        }
    }
  }
}

/** Takes one action out of the role of a function. */
export function removeAction(resources: readonly TemplateResource[], functionName: string, action: string): void {
  const role = resources.find(
    ({ Type, Properties }) => Type === 'AWS::IAM::Role' && String(Properties.RoleName).startsWith(`${functionName}-`),
  )
  const policies = role!.Properties.Policies as { PolicyDocument: { Statement: PolicyStatement[] } }[]
  let removed = 0
  for (const { PolicyDocument } of policies) {
    for (const statement of PolicyDocument.Statement) {
      const actions = [statement.Action].flat()
      statement.Action = actions.filter((each) => each !== action)
      removed += actions.length - statement.Action.length
    }
    PolicyDocument.Statement = PolicyDocument.Statement.filter(({ Action }) => Action.length > 0)
  }
  expect(removed).toBe(1)
}
