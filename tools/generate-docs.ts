/**
 * Writes the table of operations into the README from the operation table. `--check` fails when it is stale.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { operationModels } from '../lambda/core/model/secrets-manager.shapes.generated.ts'
import { operations } from '../lambda/core/operations/index.ts'

const BEGIN = '<!-- operations:begin (npm run generate) -->'
const END = '<!-- operations:end -->'

const readme = readFileSync('README.md', 'utf8')
const [before, rest] = readme.split(BEGIN)
const after = rest?.split(END)[1]
if (before === undefined || after === undefined) throw new Error('README.md has no place for the table of operations')
const names = Object.keys(operationModels) as (keyof typeof operationModels)[]
const row = (name: (typeof names)[number]): string => `| ${name} | ${operations[name] ? 'yes' : 'not yet'} |`
const fresh = `${before}${BEGIN}\n| Operation | Offered |\n|---|---|\n${names.map(row).join('\n')}\n${END}${after}`
if (!process.argv.includes('--check')) writeFileSync('README.md', fresh)
else if (fresh !== readme) {
  console.error('README.md is stale: run `npm run generate` and commit the result')
  process.exitCode = 1
}
