/**
 * Writes what documents show of the code into them: the operations into the README, the costs into docs/cost.md. `--check` fails when one is stale.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { operationModels } from '../lambda/core/model/secrets-manager.shapes.generated.ts'
import { operations } from '../lambda/core/operations/index.ts'
import { costTables } from './cost/table.ts'

const isCheck = process.argv.includes('--check')

fill('README.md', 'operations', operationsTable())
fill('docs/cost.md', 'cost', costTables())

function operationsTable(): string {
  const names = Object.keys(operationModels) as (keyof typeof operationModels)[]
  const row = (name: (typeof names)[number]): string => `| ${name} | ${operations[name] ? 'yes' : 'not yet'} |`
  return `| Operation | Offered |\n|---|---|\n${names.map(row).join('\n')}`
}

/** Puts text between the two marks of that name. */
function fill(path: string, mark: string, text: string): void {
  const [begin, end] = [`<!-- ${mark}:begin (npm run generate) -->`, `<!-- ${mark}:end -->`]
  const present = readFileSync(path, 'utf8')
  const [before, rest] = present.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${path} has no place for ${mark}`)
  const fresh = `${before}${begin}\n${text}\n${end}${after}`
  if (!isCheck) writeFileSync(path, fresh)
  else if (fresh !== present) {
    console.error(`${path} is stale: run \`npm run generate\` and commit the result`)
    process.exitCode = 1
  }
}
