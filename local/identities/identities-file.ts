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
import { accountOf, idOfName, type IdOf } from './file-accounts.ts'
import { fileSchema } from './file-schema.ts'
import type { Account } from './model.ts'
import { readSource } from './text-source.ts'
import { SourceProblem, type Path, type TextProblem, type YamlSource } from './yaml-source.ts'

export interface IdentitiesFileOptions {
  /** Epoch milliseconds: when the file was written. */
  readonly createdAt: number
  /** Of the environment. */
  readonly variable: (name: string) => string | undefined
  /** Absent: unique ids follow from the names. */
  readonly idOf?: IdOf
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
    message: told(path, message),
  })
  const parsed = fileSchema.safeParse(source.value)
  if (!parsed.success) throw sorted(parsed.error.issues.flatMap((issue) => problemsOf(issue, source)))

  const problems: TextProblem[] = []
  const report = (path: Path, message: string, place?: Path): void => {
    problems.push(problemAt(path, message, place))
  }
  const accounts = new Map(
    Object.entries(parsed.data.accounts).map(([id, file]) => [
      id,
      accountOf(id, file, { idOf: idOfName, ...options, report }),
    ]),
  )
  reportSharedKeys(accounts, report)
  if (problems.length > 0) throw sorted(problems)
  return { accounts, problemAt }
}

function reportSharedKeys(accounts: ReadonlyMap<string, Account>, report: (path: Path, message: string) => void): void {
  const taken = new Set<string>()
  for (const account of accounts.values())
    for (const user of account.users.values())
      for (const [index, { accessKeyId }] of user.accessKeys.entries()) {
        if (taken.has(accessKeyId))
          report(
            ['accounts', account.id, 'users', user.name, 'accessKeys', index, 'id'],
            'this access key id was given before',
          )
        taken.add(accessKeyId)
      }
}

export function sorted(problems: readonly TextProblem[]): SourceProblem {
  const inOrder = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  return new SourceProblem(inOrder.slice(0, MAX_PROBLEMS))
}

function problemsOf(issue: z.core.$ZodIssue, source: YamlSource): TextProblem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        ...source.positionOf([...path, key], 'key'),
        message: told(isMember(key) ? [...path, key] : path, 'there is no such member'),
      }))
    case 'invalid_key':
      return [
        {
          ...source.positionOf(path, 'key'),
          message: told(path.slice(0, -1), issue.issues[0]?.message ?? issue.message),
        },
      ]
    default:
      return [{ ...source.positionOf(path), message: told(path, issue.message) }]
  }
}

/** Where a blank is missing after a colon, a key is `secret:...` with the secret in it. */
const isMember = (key: string): boolean => /^[A-Za-z]{1,30}$/.test(key)

const told = (path: Path, message: string): string =>
  path.length === 0 ? message : `${path.map(shown).join('').slice(1)}: ${message}`

/** Cut to what can be shown, and nothing that is no name. */
function shown(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  if (!/^[\w+=,.@-]+$/.test(step)) return '.(?)'
  return `.${step.length > 60 ? `${step.slice(0, 60)}...` : step}`
}
