/**
 * The synthesised deployment in a folder, for tests that break it before it is served.
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { run } from '../../support/other-programs.ts'

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
    mkdirSync(folder, { recursive: true })
    const config = join(folder, 'coffer.config.mjs')
    writeFileSync(config, `export default ${JSON.stringify({ regions: ['eu-central-1', 'us-west-2'], ...more })}`)
    const code = `import { synthesise } from ${JSON.stringify(resolve('sandbox/synthesise.ts'))}
      await synthesise({ folder: ${JSON.stringify(folder)}, config: ${JSON.stringify(config)}, regions: [], keyMode: 'shared' })`
    const { code: status, stderr } = await run(process.execPath, ['--input-type=module', '-e', code])
    if (status !== 0) throw new Error(stderr)
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
