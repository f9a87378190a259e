import { compiledPolicy, storedPolicy } from '../../../lambda/auth/policy/compiled-policy.ts'
import { PolicyProblem } from '../../../lambda/auth/policy/policy.ts'
import { allow, document } from '../support/questions.ts'

const textOf = (at: number, padding = 0): string => document(allow({ Sid: `s${at}${' '.repeat(padding)}` }))

it('a text is compiled once per kind of policy', () => {
  const trust = document({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*' })
  expect(compiledPolicy(textOf(1), 'identity')).toBe(compiledPolicy(textOf(1), 'identity'))
  expect(compiledPolicy(trust, 'trust').kind).toBe('trust')
  expect(() => compiledPolicy(trust, 'identity')).toThrow(PolicyProblem)
  expect(() => compiledPolicy(trust, 'identity')).toThrow(PolicyProblem)
})

it('a stored policy that cannot be read is one that denies everything', () => {
  expect(storedPolicy('{', 'resource')).toMatchObject({
    kind: 'resource',
    statements: [],
    unreadable: 'the JSON ends too early (line 1, column 2)',
  })
  expect(storedPolicy(textOf(2), 'identity').unreadable).toBeUndefined()
})

it('what has not been asked for in a long time is forgotten, what is asked for is kept', () => {
  const [kept, forgotten] = [compiledPolicy(textOf(3), 'identity'), compiledPolicy(textOf(4), 'identity')]
  for (let at = 10; at < 360; at++) {
    compiledPolicy(textOf(at, 100_000), 'identity')
    expect(compiledPolicy(textOf(3), 'identity')).toBe(kept)
  }
  expect(compiledPolicy(textOf(4), 'identity')).not.toBe(forgotten)
})
