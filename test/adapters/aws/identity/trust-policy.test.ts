import { mayTagSessions } from '../../../../lambda/adapters/aws/identity/trust-policy.ts'

const policy = (...statements: unknown[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (Action: unknown) => ({ Effect: 'Allow', Principal: '*', Action })

test.each<[string, string | undefined, boolean]>([
  ['AssumeRole', policy(allow('sts:AssumeRole')), false],
  ['a single statement', JSON.stringify({ Statement: allow(['sts:AssumeRole', 'sts:SetSourceIdentity']) }), false],
  ['the action', policy(allow('sts:TagSession')), true],
  ['the action in other letters', policy(allow('STS:tagsession')), true],
  ['the action among others', policy(allow('sts:AssumeRole'), allow(['sts:AssumeRole', 'sts:TagSession'])), true],
  ['all of sts', policy(allow('sts:*')), true],
  ['everything', policy(allow('*')), true],
  ['a pattern', policy(allow('sts:Tag*')), true],
  ['a pattern of one character', policy(allow('sts:TagSessio?')), true],
  ['a pattern that begins like it and ends otherwise, for all we care', policy(allow('sts:T*Nothing')), true],
  ['a pattern of something else', policy(allow('sts:AssumeRole*')), false],
  ['a longer action', policy(allow('sts:TagSessions')), false],
  ['a denial', policy({ ...allow('sts:TagSession'), Effect: 'Deny' }, allow('sts:AssumeRole')), false],
  ['an effect that is none', policy({ ...allow('sts:TagSession'), Effect: 'deny' }), true],
  ['NotAction', policy({ Effect: 'Allow', NotAction: 'sts:TagSession' }), true],
  ['both', policy({ ...allow('sts:AssumeRole'), NotAction: 'x' }), true],
  ['no action', policy({ Effect: 'Allow' }), true],
  ['an action that is none', policy(allow([{}])), true],
  ['a statement that is none', policy('x'), true],
  ['no statement', '{}', true],
  ['a list', '[]', true],
  ['no JSON', '{', true],
  ['nothing', undefined, true],
])('%s: sessions may have tags of their own: %#', (_, text, expected) => {
  expect(mayTagSessions(text)).toBe(expected)
})
