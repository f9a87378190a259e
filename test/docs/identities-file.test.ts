/**
 * The examples of docs/identities-file.md: the first is a good file, the second has the mistakes that the text below it tells.
 */
import { readFileSync } from 'node:fs'
import { readIdentities, type ReadIdentities } from '../../local/identities/identities-file.ts'
import { SourceProblem } from '../../local/identities/yaml-source.ts'

const markdown = readFileSync('docs/identities-file.md', 'utf8')
const blocks = (language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, content = '']) => content)
const [good = '', bad = ''] = blocks('yaml')

const variables: Readonly<Record<string, string>> = {
  ALICE_SECRET_ACCESS_KEY: 'a-key-of-this-test-alone',
  CI_SECRET_ACCESS_KEY: 'another-key-of-this-test',
  CI_OLD_SECRET_ACCESS_KEY: 'the-key-that-it-had-before',
  ALICE_MFA_SEED: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
}
const read = (text: string): ReadIdentities =>
  readIdentities(text, { createdAt: 0, variable: (name) => variables[name] })

/** As the log and the start have them. */
function mistakesIn(text: string): string[] {
  try {
    read(text)
    return []
  } catch (error) {
    if (!(error instanceof SourceProblem)) throw error
    return error.problems.map(({ line, column, message }) => `identities.yaml:${line}:${column}: ${message}`)
  }
}

describe('docs/identities-file.md', () => {
  it('has a first example that is read, with all that it declares', () => {
    const account = read(good).accounts.get('123456789012')
    expect([...(account?.users.keys() ?? [])]).toEqual(['alice', 'ci'])
    expect(account?.users.get('alice')?.mfaDevices).toEqual(['arn:aws:iam::123456789012:mfa/phone'])
    expect(account?.users.get('ci')?.boundary).toBe('arn:aws:iam::123456789012:policy/no-deletion')
    expect(account?.roles.get('nightly')?.inline.has('change')).toBe(true)
  })

  it('has a second example with the very mistakes that it says', () => {
    const [told = ''] = blocks('text')
    const problems = told.trim().split('\n')
    expect(problems.length).toBeGreaterThan(1)
    expect(mistakesIn(bad)).toEqual(problems)
  })
})
