/**
 * The identities file, `--identities`: YAML or JSON.
 *
 *     accounts:
 *       "111122223333":
 *         users:
 *           alice: { groups: [readers], accessKeys: [{ id: AKIA..., secretFrom: ALICE_SECRET }] }
 *         groups:
 *           readers: { policies: { read: { Version: "2012-10-17", Statement: ... } } }
 *
 * docs/identities-file.md has all members. Whatever is wrong is told with line and column, and never with what stands there: it may be a secret.
 * @module
 */
import type { z } from 'zod'
import { accountOf } from './file-accounts.ts'
import { fileSchema } from './file-schema.ts'
import type { Account } from './model.ts'
import { readSource } from './text-source.ts'
import { SourceProblem, type Path, type TextProblem, type YamlSource } from './yaml-source.ts'

export interface IdentitiesFileOptions {
  /** Epoch milliseconds: when the file was written. */
  readonly createdAt: number
  /** Of the environment. */
  readonly variable: (name: string) => string | undefined
}

export interface ReadIdentities {
  readonly accounts: ReadonlyMap<string, Account>
  /** Of what is at fault in it after all. */
  readonly problemAt: (path: Path, message: string) => TextProblem
}

/** Enough to work on; a wrong file may have thousands. */
const MAX_PROBLEMS = 20

/** @throws {SourceProblem} */
export function readIdentities(text: string, options: IdentitiesFileOptions): ReadIdentities {
  const source = readSource(text)
  const problemAt = (path: Path, message: string, place = path): TextProblem => ({
    ...source.positionOf(place),
    message: path.length === 0 ? message : `${shown(path)}: ${message}`,
  })
  const parsed = fileSchema.safeParse(source.value)
  if (!parsed.success) throw sorted(parsed.error.issues.flatMap((issue) => problemsOf(issue, source)))

  const problems: TextProblem[] = []
  const report = (path: Path, message: string, place?: Path): void => {
    problems.push(problemAt(path, message, place))
  }
  const accounts = new Map(
    Object.entries(parsed.data.accounts).map(([id, file]) => [id, accountOf(id, file, { ...options, report })]),
  )
  if (problems.length > 0) throw sorted(problems)
  return { accounts, problemAt }
}

export function sorted(problems: readonly TextProblem[]): SourceProblem {
  const inOrder = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  return new SourceProblem(inOrder.slice(0, MAX_PROBLEMS))
}

function problemsOf(issue: z.core.$ZodIssue, source: YamlSource): TextProblem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  const problem = (at: Path, message: string, part?: 'key'): TextProblem => ({
    ...source.positionOf(at, part),
    message: at.length === 0 ? message : `${shown(at)}: ${message}`,
  })
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => problem([...path, key], 'there is no such member', 'key'))
    case 'invalid_key':
      return [problem(path, issue.issues[0]?.message ?? issue.message, 'key')]
    default:
      return [problem(path, issue.message)]
  }
}

/** Names of members, cut to what can be shown. */
const shown = (path: Path): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step.length > 60 ? `${step.slice(0, 60)}...` : step}`))
    .join('')
    .slice(1)
