import fc from 'fast-check'
import { compilePolicy } from '../../../lambda/auth/policy/compile-policy.ts'
import { PolicyProblem, type PolicyKind } from '../../../lambda/auth/policy/policy.ts'
import { allow, document, HOME, type Json } from '../support/questions.ts'

function problemOf(text: string, kind: PolicyKind = 'identity'): PolicyProblem {
  try {
    compilePolicy(text, kind)
  } catch (problem) {
    if (problem instanceof PolicyProblem) return problem
    throw problem
  }
  throw new Error('it compiled')
}

const statement = allow()
const open = { Principal: '*' }

describe('policies that are accepted', () => {
  it.each<readonly [string, string, PolicyKind]>([
    ['a list of statements', document([statement]), 'identity'],
    ['a single statement', document(statement), 'identity'],
    ['Version 2008-10-17', document(statement, '2008-10-17'), 'identity'],
    ['no Version', document(statement, null), 'identity'],
    ['an Id', JSON.stringify({ Id: 'x', Statement: statement }), 'identity'],
    ['an empty Sid', document({ ...statement, Sid: '' }), 'identity'],
    [
      'two empty Sids',
      document([
        { ...statement, Sid: '' },
        { ...statement, Sid: '' },
      ]),
      'identity',
    ],
    ['no Resource in a trust policy', document({ ...open, Effect: 'Allow', Action: 'sts:AssumeRole' }), 'trust'],
    ['a policy of a key', document({ ...statement, ...open }), 'key'],
    ['white space around', ` \r\n\t${document(statement)}\n`, 'identity'],
    ['an unknown condition key', document({ ...statement, Condition: { Bool: { 'x:y': 'true' } } }), 'identity'],
  ])('%s', (_, text, kind) => {
    const policy = compilePolicy(text, kind)
    expect(policy.kind).toBe(kind)
    expect(policy.unknowns).toEqual([])
  })
})

describe('policies that are refused, with the place', () => {
  const principal = (Principal: unknown): Json => ({ ...statement, Principal })
  it.each<readonly [string, Json | readonly Json[], PolicyKind, string]>([
    ['no statements', [], 'identity', 'Statement: a policy has at least one statement'],
    ['no Effect', { ...statement, Effect: undefined }, 'identity', 'Statement[1]: Effect is missing'],
    ['another Effect', { ...statement, Effect: 'allow' }, 'identity', 'Statement[1].Effect: must be Allow or Deny'],
    ['no Action', { Effect: 'Deny', Resource: '*' }, 'identity', 'Statement[1]: Action is missing'],
    ['both actions', { ...statement, NotAction: '*' }, 'identity', 'Statement[1]: has both Action and NotAction'],
    ['an empty list of actions', { ...statement, Action: [] }, 'identity', 'Statement[1].Action: is empty'],
    [
      'an action without a service',
      { ...statement, Action: 'Get' },
      'identity',
      'Statement[1].Action: must be a service',
    ],
    ['an empty action', { ...statement, Action: '' }, 'identity', 'Statement[1].Action: must be a service'],
    [
      'an action with a variable',
      { ...statement, Action: 'x:${y}' },
      'identity',
      'Statement[1].Action: must be a service',
    ],
    ['an action that is a number', { ...statement, Action: 3 }, 'identity', 'Statement[1].Action: must be a text'],
    [
      'a null among actions',
      { ...statement, Action: ['a:b', null] },
      'identity',
      'Statement[1].Action: must be a text',
    ],
    ['no Resource', { Effect: 'Allow', Action: '*' }, 'identity', 'Statement[1]: Resource is missing'],
    [
      'both resources',
      { ...statement, NotResource: '*' },
      'identity',
      'Statement[1]: has both Resource and NotResource',
    ],
    [
      'a Resource that is no ARN',
      { ...statement, Resource: 'secret' },
      'identity',
      'Statement[1].Resource: must be ARNs',
    ],
    ['an open variable', { ...statement, Resource: 'arn:${x' }, 'identity', 'Statement[1].Resource: must be ARNs'],
    ['an empty Resource', { ...statement, Resource: [] }, 'identity', 'Statement[1].Resource: is empty'],
    [
      'a Resource in a trust policy',
      { ...statement, ...open },
      'trust',
      'Statement[1]: a trust policy has no Resource',
    ],
    [
      'a Principal of an identity',
      { ...statement, ...open },
      'identity',
      'Statement[1]: a policy of an identity names no',
    ],
    ['no Principal', statement, 'resource', 'Statement[1]: Principal is missing'],
    ['no Principal of a key', statement, 'key', 'Statement[1]: Principal is missing'],
    ['both principals', { ...principal('*'), NotPrincipal: '*' }, 'resource', 'Statement[1]: has both Principal and'],
    [
      'an unknown element',
      { ...statement, Actions: '*' },
      'identity',
      'Statement[1].Actions: there is no such element',
    ],
    [
      'an element of another case',
      { ...statement, condition: {} },
      'identity',
      'Statement[1].condition: there is no such',
    ],
    [
      '__proto__',
      JSON.parse(`{"__proto__":{},"Effect":"Deny"}`) as Json,
      'identity',
      'Statement[1].__proto__: there is no',
    ],
    [
      'a name that hides something',
      { ...statement, 'my secret': 1 },
      'identity',
      'Statement[1].?: there is no such element',
    ],
    ['a Sid that is a number', { ...statement, Sid: 1 }, 'identity', 'Statement[1].Sid: must be a text'],
    [
      'equal Sids',
      [
        { ...statement, Sid: 'a' },
        { ...statement, Sid: 'a' },
      ],
      'identity',
      'Statement[2].Sid: another statement',
    ],
    [
      'a Condition that is a list',
      { ...statement, Condition: [] },
      'identity',
      'Statement[1].Condition: must be an object',
    ],
    [
      'an operator that is a text',
      { ...statement, Condition: { Bool: 'x' } },
      'identity',
      'Statement[1].Condition.Bool: must be',
    ],
    [
      'a null value',
      { ...statement, Condition: { Bool: { x: null } } },
      'identity',
      'Statement[1].Condition.Bool.x: must be',
    ],
    [
      'an object as value',
      { ...statement, Condition: { Bool: { x: {} } } },
      'identity',
      'Statement[1].Condition.Bool.x: must be',
    ],
    [
      'a list in a list',
      { ...statement, Condition: { Bool: { x: [[]] } } },
      'identity',
      'Statement[1].Condition.Bool.x: must be',
    ],
    [
      'a key without a name',
      { ...statement, Condition: { Bool: { '': '1' } } },
      'identity',
      'Statement[1].Condition.Bool.?: a con',
    ],
    [
      'the second statement',
      [statement, { ...statement, Effect: 1 }],
      'identity',
      'Statement[2].Effect: must be a text',
    ],
  ])('%s', (_, statements, kind, message) => {
    const problem = problemOf(document(statements), kind)
    expect(problem.message.slice(0, message.length)).toBe(message)
    expect(problem.message).toMatch(/ \(line 1, column \d+\)$|another statement has the same Sid$/)
    expect(problem.area).toBe('syntax')
  })

  it.each<readonly [string, unknown]>([
    ['a name without a type', 'alice'],
    ['a list', ['*']],
    ['nobody', {}],
    ['an empty list', { AWS: [] }],
    ['an unknown type', { Aws: HOME }],
    ['a wildcard in an ARN', { AWS: `arn:aws:iam::${HOME}:user/*` }],
    ['a wildcard for the account', { AWS: 'arn:aws:iam::*:root' }],
    ['a group', { AWS: `arn:aws:iam::${HOME}:group/staff` }],
    ['a secret', { AWS: `arn:aws:secretsmanager:eu-west-1:${HOME}:secret:x-AbCdEf` }],
    ['a short account', { AWS: '1234' }],
    ['an ARN without an account', { AWS: 'arn:aws:iam:::user/alice' }],
    ['a user without a name', { AWS: `arn:aws:iam::${HOME}:user/` }],
    ['a session without a name', { AWS: `arn:aws:sts::${HOME}:assumed-role/app` }],
    ['a number', { AWS: 111122223333 }],
    ['a variable', { AWS: '${aws:PrincipalArn}' }],
    ['an empty service', { Service: '' }],
  ])('principals: %s', (_, Principal) => {
    for (const element of ['Principal', 'NotPrincipal']) {
      const problem = problemOf(document({ ...statement, [element]: Principal }), 'resource')
      expect(problem.message).toMatch(new RegExp(`^Statement\\[1\\]\\.${element}`))
      expect(problem.area).toBe('principal')
    }
  })

  it.each(['2012-10-18', '', '2012'])('Version %j', (Version) => {
    const problem = problemOf(document(statement, Version))
    expect(problem.isVersion).toBe(true)
    expect(problem.place).toMatchObject({ path: 'Version', line: 1, column: 12 })
  })

  it('a Version that is no text', () => {
    expect(problemOf('{"Version":2012,"Statement":[]}').isVersion).toBe(true)
  })
})

describe('texts that are not JSON, with line and column', () => {
  it.each<readonly [string, string, string]>([
    ['nothing', '', 'the JSON ends too early (line 1, column 1)'],
    ['an end too early', '{\n  "Version":', 'the JSON ends too early (line 2, column 13)'],
    ['a text that does not end', '{"Version": "2012', 'the JSON ends too early (line 1, column 18)'],
    ['a comma too many', '{\n  "Id": "x",\n}', 'this is not JSON (line 3, column 1)'],
    ['a comment', '{ // x\n}', 'this is not JSON (line 1, column 3)'],
    ['single quotes', "{'a': 1}", 'this is not JSON (line 1, column 2)'],
    ['a name that is repeated', '{"Id": "x",\n "Id": "y"}', 'an element is given twice (line 2, column 2)'],
    [
      'a name that is repeated in other letters',
      '{"Id": "x", "\\u0049d": "y"}',
      'an element is given twice (line 1, column 13)',
    ],
    ['__proto__ twice', '{"__proto__": 1, "__proto__": 1}', 'an element is given twice (line 1, column 18)'],
    ['more after the end', '{} {}', 'this is not JSON (line 1, column 4)'],
    ['a line break in a text', '"a\nb"', 'this is not JSON (line 1, column 3)'],
    ['an escape that is none', '"\\x41"', 'this is not JSON (line 1, column 3)'],
    ['a short \\u', '"\\u12"', 'this is not JSON (line 1, column 3)'],
    ['a number with a leading zero', '[01]', 'this is not JSON (line 1, column 3)'],
    ['NaN', '[NaN]', 'this is not JSON (line 1, column 2)'],
    ['a word that is none', '[truth]', 'this is not JSON (line 1, column 2)'],
    ['lists too deep', '['.repeat(33), 'the JSON is nested too deeply (line 1, column 33)'],
    ['objects too deep', '{"a":'.repeat(100_00), 'the JSON is nested too deeply (line 1, column 161)'],
  ])('%s', (_, text, message) => {
    expect(problemOf(text).message).toBe(message)
  })

  it('texts that are too long', () => {
    expect(problemOf(' '.repeat(131_073)).message).toMatch(/at most 131072 characters/)
  })

  it('are those that JSON.parse refuses too, but for repeated names and depth', () => {
    const json = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc
        .json({ maxDepth: 2 })
        .chain((text) =>
          fc
            .tuple(fc.nat(text.length), fc.constantFrom(...'{}[]",:\\0e-. tu'))
            .map(([at, character]) => text.slice(0, at) + character + text.slice(at + 1)),
        ),
    )
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(json, (text) => {
        const { message } = problemOf(text)
        const isRefused = /this is not JSON|ends too early/.test(message)
        if (!message.startsWith('an element is given twice')) expect(isRefused).toBe(!isJson(text))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('conditions that nobody can tell the outcome of', () => {
  it.each<readonly [string, Json, string]>([
    ['an operator', { StringLke: { a: 'b' } }, 'Statement[1].Condition.StringLke: there is no such condition operator'],
    [
      'a number that is none',
      { NumericEquals: { a: 'b' } },
      'Statement[1].Condition.NumericEquals.a: a value does not fit',
    ],
    [
      'a range that is none',
      { IpAddress: { a: ['10.0.0.0/8', '10/8'] } },
      'Statement[1].Condition.IpAddress.a: a value',
    ],
    [
      'a date with a wildcard',
      { DateEquals: { a: '2020-*' } },
      'Statement[1].Condition.DateEquals.a: a value does not fit',
    ],
    ['an ARN that is none', { ArnLike: { a: 'arn:aws:s3' } }, 'Statement[1].Condition.ArnLike.a: a value does not fit'],
    ['an open variable', { StringLike: { a: '${b' } }, 'Statement[1].Condition.StringLike.a: a value does not fit'],
  ])('%s', (_, Condition, message) => {
    const policy = compilePolicy(document({ ...statement, Condition }), 'identity')
    expect(policy.unknowns.map((unknown) => unknown.message.slice(0, message.length))).toEqual([message])
  })

  it('are told in part where there are many', () => {
    const values = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 'x']))
    const policy = compilePolicy(document({ ...statement, Condition: { IpAddress: values } }), 'identity')
    expect(policy.unknowns).toHaveLength(100)
  })
})

describe('hostile texts', () => {
  const canary = 'CANARY 4711'
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    '\u0000',
    '\ud800',
    '*',
    '?',
    '${',
    '}',
    '${aws:username}',
    '__proto__',
    '"Statement"',
    '"Effect":"Allow"',
    '"Action":"*"',
    '"Resource":"*"',
    '"Principal":',
    '"Condition":',
    canary,
    '1e999',
  )
  const valid = document([
    {
      ...statement,
      Sid: 'a',
      Condition: { StringLike: { 'aws:username': ['a*', canary] }, Null: { 'aws:x': 'true' } },
    },
    {
      ...statement,
      Effect: 'Deny',
      Action: undefined,
      NotAction: ['kms:*'],
      Resource: 'arn:aws:s3:::${aws:username}/*',
    },
  ])
  const mutated = fc
    .array(fc.tuple(fc.nat(valid.length), fc.nat(12), fc.oneof(pieces, fc.string({ maxLength: 8 }))), {
      minLength: 1,
      maxLength: 4,
    })
    .map((edits) => edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), valid))
  const assembled = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''))

  it('come to nothing but a policy or a PolicyProblem that does not repeat them', () => {
    fc.assert(
      fc.property(
        fc.oneof(mutated, assembled),
        fc.constantFrom<PolicyKind>('identity', 'resource', 'trust'),
        (text, kind) => {
          try {
            compilePolicy(text, kind)
          } catch (problem) {
            expect(problem).toBeInstanceOf(PolicyProblem)
            expect(String(problem)).not.toContain(canary)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  it.each<readonly [string, string]>([
    [
      'a long list of actions',
      document({ ...statement, Action: Array.from({ length: 9000 }, (_, at) => `s:a${at}*`) }),
    ],
    ['a long pattern', document({ ...statement, Resource: `arn:${'*a?'.repeat(40_000)}` })],
    ['many open variables', document({ ...statement, Resource: `arn:${'${a'.repeat(40_000)}` })],
    ['many variables', document({ ...statement, Resource: `arn:${'${a}'.repeat(30_000)}` })],
    ['a variable of many quotes', document({ ...statement, Resource: `arn:\${a, ${"'".repeat(120_000)}` })],
    [
      'many unknown operators',
      document({
        ...statement,
        Condition: Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`O${at}`, {}])),
      }),
    ],
    ['many statements', document(Array.from({ length: 1500 }, () => statement))],
    ['many line breaks', `{${'\n'.repeat(120_000)}x`],
    ['many names', `{${Array.from({ length: 12_000 }, (_, at) => `"n${at}":1`).join()}}`],
    ['many backslashes', `"${'\\\\'.repeat(60_000)}`],
    ['a long number', `[${'9'.repeat(130_000)}x]`],
    ['a long space', `"${' '.repeat(130_000)}`],
  ])('take no long time: %s', (_, text) => {
    const before = performance.now()
    try {
      const policy = compilePolicy(text, 'identity')
      for (const { resource } of policy.statements) resource?.matches('arn:'.padEnd(2048, 'ab'), { valueOf: () => 'a' })
    } catch (problem) {
      expect(problem).toBeInstanceOf(PolicyProblem)
    }
    expect(performance.now() - before).toBeLessThan(5000)
  })
})
