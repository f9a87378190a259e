/**
 * What of a secret's value is secret by itself, and what is public by its place: AWS's rotation templates name the server, the database and the user in the same JSON as the password.
 * @module
 */
export interface SecretParts {
  /** Sensitive: the value as a whole, and what is found in messages by itself. */
  readonly secrets: readonly string[]
  /** Values of public members. One of them may also be among the secrets, where another member has the same text. */
  readonly known: readonly string[]
}

/** Members at the top of the JSON (Secrets Manager user guide, "JSON structure of secrets"). */
const PUBLIC = new Set([
  'engine',
  'host',
  'port',
  'dbname',
  'username',
  'masterarn',
  'ssl',
  'dbInstanceIdentifier',
  'dbClusterIdentifier',
  'dbIdentifier',
  'namespaceName',
  'adminSecretArn',
  'user_arn',
])

export function secretParts(text: string): SecretParts {
  const json = parsed(text)
  const members = isObject(json) ? Object.entries(json) : []
  const publicOnes = members.filter(([key, value]) => PUBLIC.has(key) && isPlain(value))
  const others = members.filter((member) => !publicOnes.includes(member)).map(([, value]) => value)
  return {
    secrets: [text, ...leavesOf(isObject(json) ? others : [json]), ...(json === undefined ? innerParts(text) : [])],
    known: publicOnes.map(([, value]) => String(value)),
  }
}

/** A name, an address, a number, an ARN; what brings a password with it is something else. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return true
  return typeof value === 'string' && /^[\w.:/+=$@!-]{1,300}$/.test(value) && !/:\/\/|^(?!arn:)[^@]*:[^@]*@/.test(value)
}

/** The texts in a JSON value: a password is in a message by itself. */
function leavesOf(values: readonly unknown[]): readonly string[] {
  const leaves: string[] = []
  const left = [...values]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'number') leaves.push(String(value))
    if (typeof value === 'string') {
      leaves.push(value, ...innerParts(value))
      // One JSON in another: no deeper than it is long.
      const inner = /^\s*[[{"]/.test(value) ? parsed(value) : undefined
      if (inner !== undefined) left.push(inner)
    }
    const inside: readonly unknown[] = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
    for (const one of inside) left.push(one)
  }
  return leaves
}

/** The passwords in a connection string, and the lines of a text. */
function innerParts(text: string): readonly string[] {
  const parts: string[] = []
  for (const form of WITH_USER)
    for (const [, user = '', password = ''] of text.matchAll(form))
      parts.push(password, decoded(password), `${user}:${password}`)
  for (const [, double, single, bare] of text.matchAll(LABELLED)) {
    const value = double ?? single ?? bare ?? ''
    parts.push(value, decoded(value))
  }
  if (text.includes('\n')) parts.push(...text.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE))
  return parts
}

/** Of a URL, and without its scheme. */
const WITH_USER = [/:\/\/([^:/\s@]{0,500}):([^\s]{1,2000})@/g, /^([^:/\s@]{0,500}):(?!\/\/)([^\s]{1,2000})@/g]

/** `password=...` of a connection string, of a query, of a file of settings. */
const LABELLED =
  /(?:pass|pwd|secret|token|key|credential)[\w.-]{0,40}["']?\s{0,5}[=:]\s{0,5}(?:"([^"]*)"|'([^']*)'|([^\s;,&"']+))/gi

const SHORTEST_LINE = 8

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @returns undefined for what is no JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
