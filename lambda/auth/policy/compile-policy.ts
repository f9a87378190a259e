/**
 * Policy documents, read and compiled (IAM user guide, "Grammar of the IAM JSON policy language"). Strict: what is not understood is refused, so that no policy seems to say less or more
 * than it does. The one exception are conditions, whose operators AWS adds to: those are unknown.
 * @module
 */
import { compileStatement } from './compile-statement.ts'
import { DocumentElement, type Reading } from './document-element.ts'
import { parseJson } from './json.ts'
import { PolicyProblem, type Policy, type PolicyKind, type Statement, type StatementsByEffect } from './policy.ts'

/** More than any policy of AWS may have; those of secrets are shorter. */
const MAX_LENGTH = 131_072

/** @throws {@link PolicyProblem} */
export function compilePolicy(text: string, kind: PolicyKind): Policy {
  if (text.length > MAX_LENGTH) throw new PolicyProblem(`a policy has at most ${MAX_LENGTH} characters`)
  const unknowns: PolicyProblem[] = []
  const reading: Reading = { text, kind, variables: false, unknowns }
  const root = new DocumentElement(reading, parseJson(text), '')
  root.allow(['Version', 'Id', 'Statement'])
  root.get('Id')?.asText()
  const read: Reading = { ...reading, variables: readVersion(root) }
  const list = root.require('Statement')
  const items = list.json.type === 'array' ? list.json.items : [list.json]
  if (items.length === 0) list.refuse('a policy has at least one statement')
  const statements = items.map((json, index) =>
    compileStatement(new DocumentElement(read, json, `Statement[${index + 1}]`), index + 1),
  )
  if (kind === 'identity') requireUniqueSids(statements)
  return policyOf(kind, statements, unknowns)
}

/** What takes the place of a policy that cannot be read: it denies everything. */
export function unreadablePolicy(kind: PolicyKind, problem: PolicyProblem | string): Policy {
  const unreadable = typeof problem === 'string' ? problem : problem.message
  return { kind, statements: [], unknowns: [], unreadable, statementsFor: () => NO_STATEMENTS }
}

const NO_STATEMENTS: StatementsByEffect = { allows: [], denies: [] }

/** How many actions a policy remembers its statements for: more than a service has. */
const MAX_ACTIONS = 256

function policyOf(kind: PolicyKind, statements: readonly Statement[], unknowns: readonly PolicyProblem[]): Policy {
  // Actions come from tables, so the same few are asked for again and again.
  const known = new Map<string, StatementsByEffect>()
  return {
    kind,
    statements,
    unknowns,
    statementsFor(action) {
      const found = known.get(action)
      if (found !== undefined) return found
      const lower = action.toLowerCase()
      const matching = statements.filter((statement) => statement.action.matches(lower))
      const about = {
        allows: matching.filter(({ effect }) => effect === 'Allow'),
        denies: matching.filter(({ effect }) => effect === 'Deny'),
      }
      if (known.size >= MAX_ACTIONS) known.clear()
      known.set(action, about)
      return about
    },
  }
}

/** Whether policy variables are variables. A policy without a Version is of the first. */
function readVersion(root: DocumentElement): boolean {
  const version = root.get('Version')
  if (version === undefined) return false
  const { json } = version
  if (json.type === 'string' && json.value === '2012-10-17') return true
  if (json.type === 'string' && json.value === '2008-10-17') return false
  return version.refuse('must be 2012-10-17 or 2008-10-17', 'version')
}

function requireUniqueSids(statements: readonly Statement[]): void {
  const seen = new Set<string>()
  for (const { sid, number } of statements) {
    if (sid === undefined || sid === '') continue
    if (seen.has(sid))
      throw new PolicyProblem('another statement has the same Sid', { path: `Statement[${number}].Sid` })
    seen.add(sid)
  }
}
