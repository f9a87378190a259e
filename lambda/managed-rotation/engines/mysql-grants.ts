/**
 * Copies grants from one account of MySQL or MariaDB to another, by what SHOW GRANTS prints. Pure.
 * @module
 */

export interface GrantCopy {
  readonly from: { readonly username: string; readonly host: string }
  /** Account as SQL, quoted. */
  readonly to: string
}

/**
 * @param grant one line of SHOW GRANTS
 * @returns the statement for the other account, or undefined for what is not to be copied: that the account exists (USAGE), a password's hash, which MariaDB prints with it, and lines of
 * another account
 */
export function copiedGrant(grant: string, { from, to }: GrantCopy): string | undefined {
  const tokens = tokensOf(grant)
  const verb = tokens[0]?.text.toUpperCase()
  if (verb === 'SET') return copiedDefaultRole(grant, tokens, { from, to })
  const preposition = verb === 'GRANT' ? 'TO' : verb === 'REVOKE' ? 'FROM' : undefined
  if (preposition === undefined || isUsage(tokens)) return undefined
  const at = tokens.findLastIndex(({ text }) => text.toUpperCase() === preposition)
  const account = tokens.slice(at + 1, at + 4)
  if (at < 0 || !isAccount(account, from)) return undefined
  const rest = tokens.slice(at + 4).map(({ text }) => text.toUpperCase())
  const option = /\bWITH (GRANT|ADMIN) OPTION\b/.exec(rest.join(' '))?.[0]
  return `${grant.slice(0, tokens[at]?.end)} ${to}${option === undefined ? '' : ` ${option}`}`
}

/** MariaDB: SET DEFAULT ROLE `r` FOR `u`@`h`. */
function copiedDefaultRole(grant: string, tokens: readonly Token[], { from, to }: GrantCopy): string | undefined {
  const at = tokens.findLastIndex(({ text }) => text.toUpperCase() === 'FOR')
  return at > 0 && isAccount(tokens.slice(at + 1, at + 4), from)
    ? `${grant.slice(0, tokens[at]?.end)} ${to}`
    : undefined
}

/** `GRANT USAGE ON *.*`, with or without options, says no more than that there is such an account. */
const isUsage = (tokens: readonly Token[]): boolean =>
  tokens[0]?.text.toUpperCase() === 'GRANT' &&
  tokens[1]?.text.toUpperCase() === 'USAGE' &&
  tokens[2]?.text.toUpperCase() === 'ON' &&
  !tokens.some(({ text }) => text.toUpperCase() === 'WITH')

const isAccount = ([name, sign, host]: readonly Token[], { username, host: wanted }: GrantCopy['from']): boolean =>
  name?.quoted === username && sign?.text === '@' && host?.quoted === wanted

interface Token {
  readonly text: string
  /** What is between the quotes. */
  readonly quoted?: string
  /** Offset of the first character after it. */
  readonly end: number
}

const TOKEN = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\[^])*'|"(?:[^"\\]|""|\\[^])*"|\w+|\S/gu

function tokensOf(grant: string): Token[] {
  return [...grant.matchAll(TOKEN)].map(({ 0: text, index }) => {
    const quote = text.charAt(0)
    const end = index + text.length
    if (text.length < 2 || !/[`'"]/.test(quote)) return { text, end }
    const inside = text.slice(1, -1).replaceAll(quote + quote, quote)
    return { text: '', quoted: quote === '`' ? inside : inside.replaceAll(/\\([^])/g, '$1'), end }
  })
}
