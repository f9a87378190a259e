import { reportText, type Report } from '../../sandbox/report.ts'

const empty: Report = { violations: [], unusedGrants: [], functions: {}, invocations: [], deadLetters: [] }

it('says in words what was called, what was not used and what was refused', () => {
  const text = reportText({
    ...empty,
    functions: {
      reader: {
        invocations: 2,
        errors: 1,
        operations: { 'dynamodb:Query': { calls: 2, failures: 0, readUnits: 1.5, writeUnits: 0 } },
      },
    },
    unusedGrants: [
      {
        function: 'reader',
        regions: ['r'],
        statement: 'access statement 1',
        action: 'kms:Decrypt',
        resources: ['a', 'b'],
      },
    ],
    violations: [{ function: 'reader', region: 'r', action: 'kms:Sign', resource: 'k', reason: 'because' }],
  })
  expect(text).toContain('reader: 2 invocations, 1 failed')
  expect(text).toContain('dynamodb:Query: 2 calls, 1.5 read units')
  expect(text).toContain('reader: kms:Decrypt on a and 1 more (access statement 1)')
  expect(text).toContain('reader in r: kms:Sign on k because')
  expect(reportText(empty)).toContain('Every grant was used.')
  expect(reportText(empty)).toContain('No call was refused.')
})
