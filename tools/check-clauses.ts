/**
 * Compares docs/compatibility.md with the tree: every clause that is built must be cited in code and stand in a test's title, and nobody may cite
 * a clause that does not exist.
 * @module
 */
import { globSync, readFileSync } from 'node:fs'

const CLAUSE = /SM-[A-Z]+-\d{2}/g
const ROW = /^\| (SM-[A-Z]+-\d{2}) \| (.*) \| ([^|]*) \| ([^|]*) \|$/

interface Clause {
  readonly id: string
  readonly isBuilt: boolean
}

const clauses = readFileSync('docs/compatibility.md', 'utf8')
  .split('\n')
  .flatMap((line): Clause[] => {
    const row = ROW.exec(line)
    return row?.[1] ? [{ id: row[1], isBuilt: row[4] === 'built' }] : []
  })
const known = new Set(clauses.map(({ id }) => id))
const inCode = citedIn('{lambda,local,lib,client}/**/*.ts', (text) => text)
const inTests = citedIn('test/**/*.ts', titlesOf)

const built = clauses.filter(({ isBuilt }) => isBuilt)
const problems = [
  ...built.filter(({ id }) => !inCode.has(id)).map(({ id }) => `${id}: no code cites it`),
  ...built.filter(({ id }) => !inTests.has(id)).map(({ id }) => `${id}: no test title has it`),
  ...[...inCode, ...inTests]
    .filter((id) => !known.has(id))
    .map((id) => `${id}: cited, but docs/compatibility.md has no such clause`),
]
for (const problem of new Set(problems)) console.error(problem)
console.log(
  `${built.length} clauses built, ${clauses.length - built.length} to come, ${new Set(problems).size} problems`,
)
if (built.length === 0 || problems.length > 0) process.exitCode = 1

function citedIn(pattern: string, relevant: (text: string) => string): Set<string> {
  const files = globSync(pattern).filter((path) => !path.includes('.generated.'))
  return new Set(files.flatMap((path) => expand(relevant(readFileSync(path, 'utf8'))).match(CLAUSE) ?? []))
}

/** `SM-NAME-02..06` cites each from 02 to 06. */
function expand(text: string): string {
  return text.replaceAll(/(SM-[A-Z]+-)(\d{2})\.\.(\d{2})/g, (_, prefix: string, from: string, to: string) =>
    Array.from(
      { length: Number(to) - Number(from) + 1 },
      (__, index) => prefix + String(Number(from) + index).padStart(2, '0'),
    ).join(' '),
  )
}

/** Titles begin with their clause: every quoted text that starts with one, also in a table of `each`. */
function titlesOf(text: string): string {
  return [...text.matchAll(/['"`](SM-[A-Z]+-\d{2}[^'"`\n]*)/g)].map((match) => match[1] ?? '').join('\n')
}
