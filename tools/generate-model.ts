/**
 * Turns an API model (tools/model/*.json) into two committed files: a compact table of shapes for validation and encoding, and the
 * TypeScript types of the same shapes. `--check` fails when a committed file is not what the model gives.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const constraints = z.object({
  type: z.string(),
  min: z.number().optional(),
  max: z.number().optional(),
  pattern: z.string().optional(),
  enum: z.array(z.string()).optional(),
  sensitive: z.boolean().optional(),
})
const member = constraints.extend({ shape: z.string(), required: z.boolean().optional() })
const scalar = constraints.extend({
  of: z.string().optional(),
  key: z.string().optional(),
  value: z.string().optional(),
})
const structure = z.object({ shape: z.string(), members: z.record(z.string(), member) })
const modelSchema = z.object({
  source: z.string(),
  idempotencyTokens: z.array(z.string()),
  operations: z.record(
    z.string(),
    z.object({ input: structure.nullable(), output: structure.nullable(), errors: z.array(z.string()) }),
  ),
  nestedStructures: z.record(z.string(), z.record(z.string(), member)),
  scalarsListsMaps: z.record(z.string(), scalar),
})
type Model = z.infer<typeof modelSchema>
type Members = Model['nestedStructures'][string]

const models = [
  { json: 'tools/model/api-model.json', out: 'lambda/core/model/secrets-manager', shapeModule: './shape.ts' },
  {
    json: 'tools/model/kms-model.json',
    out: 'local/kms/model/kms',
    shapeModule: '../../../lambda/core/model/shape.ts',
  },
  {
    json: 'tools/model/iam-model.json',
    out: 'local/iam/model/iam',
    shapeModule: '../../../lambda/core/model/shape.ts',
  },
  {
    json: 'tools/model/sts-model.json',
    out: 'local/sts/model/sts',
    shapeModule: '../../../lambda/core/model/shape.ts',
  },
]

/** What the models do not call sensitive and no error of ours repeats: codes of MFA devices. */
const SENSITIVE_TOO = ['tokenCodeType', 'authenticationCodeType']

for (const { json, out, shapeModule } of models) {
  const model = modelSchema.parse(JSON.parse(readFileSync(json, 'utf8')))
  for (const shape of SENSITIVE_TOO) {
    const scalar = model.scalarsListsMaps[shape]
    if (scalar) scalar.sensitive = true
  }
  const files = {
    [`${out}.shapes.generated.ts`]: shapesFile(model, shapeModule),
    [`${out}.types.generated.ts`]: typesFile(model),
  }
  for (const [path, text] of Object.entries(files)) emit(path, text)
}

function emit(path: string, text: string): void {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text)
    return
  }
  if (readIfThere(path) !== text) {
    console.error(`${path} is stale: run \`npm run generate\` and commit the result`)
    process.exitCode = 1
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function structuresOf(model: Model): [string, Members][] {
  const all = new Map<string, Members>(Object.entries(model.nestedStructures))
  for (const { input, output } of Object.values(model.operations))
    for (const side of [input, output]) if (side) all.set(side.shape, side.members)
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1))
}

function shapesFile(model: Model, shapeModule: string): string {
  const lines = [
    banner(model),
    `import type { OperationModel, Shape } from '${shapeModule}'\n`,
    'export const shapes = {',
  ]
  for (const [name, { type, of, key, value, ...rules }] of sorted(model.scalarsListsMaps))
    lines.push(`  ${name}: ${literal({ type, of, key, value, ...rules })},`)
  for (const [name, members] of structuresOf(model)) {
    const required = Object.keys(members).filter((memberName) => members[memberName]?.required)
    const shapeNames = Object.fromEntries(Object.entries(members).map(([key, { shape }]) => [key, shape]))
    lines.push(
      `  ${name}: ${literal({ type: 'structure', members: shapeNames, required: required.length ? required : undefined })},`,
    )
  }
  lines.push('} as const satisfies Record<string, Shape>\n', 'export const operationModels = {')
  for (const [name, { input, output, errors }] of sorted(model.operations)) {
    const token = model.idempotencyTokens.find((path) => path.startsWith(`${name}.`))?.split('.')[1]
    lines.push(
      `  ${name}: ${literal({ input: input?.shape, output: output?.shape, idempotencyToken: token, errors })},`,
    )
  }
  lines.push('} as const satisfies Record<string, OperationModel>', '')
  return lines.join('\n')
}

function typesFile(model: Model): string {
  const lines = [
    banner(model),
    '/** Epoch milliseconds inside; the encoder writes what the protocol wants. */',
    'export type Timestamp = number\n',
  ]
  for (const [name, members] of structuresOf(model)) {
    lines.push(`export interface ${name} {`)
    for (const [key, { shape, required }] of Object.entries(members))
      lines.push(`  readonly ${key}${required ? '' : '?'}: ${typeOf(model, shape)}`)
    lines.push('}\n')
  }
  lines.push('export interface OperationTypes {')
  for (const [name, { input, output }] of sorted(model.operations))
    lines.push(
      `  readonly ${name}: { readonly input: ${input?.shape ?? 'object'}; readonly output: ${output?.shape ?? 'undefined'} }`,
    )
  lines.push('}\n', 'export type OperationName = keyof OperationTypes', '')
  return lines.join('\n')
}

function typeOf(model: Model, shape: string): string {
  const found = model.scalarsListsMaps[shape]
  if (!found) return shape
  if (found.enum) return found.enum.map((value) => `'${value}'`).join(' | ')
  switch (found.type) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'integer':
    case 'long':
      return 'number'
    case 'timestamp':
      return 'Timestamp'
    case 'blob':
      return 'Uint8Array'
    case 'list':
      return `readonly ${wrap(typeOf(model, found.of ?? ''))}[]`
    case 'map':
      return `Readonly<Record<string, ${typeOf(model, found.value ?? '')}>>`
    default:
      throw new Error(`the model has a type that the generator does not know: ${found.type} (${shape})`)
  }
}

function wrap(type: string): string {
  return /[ |]/.test(type) ? `(${type})` : type
}

function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}

function banner({ source }: Model): string {
  return `// Generated by tools/generate-model.ts from: ${source}. Do not edit.`
}

/** JSON as a compact object literal: bare keys, single quotes, absent members left out. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
  return `{ ${entries.map(([key, entry]) => `${key}: ${literal(entry)}`).join(', ')} }`
}
