import { reportText, type Report } from '../../sandbox/report.ts'

const empty: Report = {
  violations: [],
  unusedGrants: [],
  functions: {},
  invocations: [],
  deadLetters: [],
  lostInvocations: [],
  executions: {},
}
const quiet = { isVerbose: false, regions: ['one', 'two'] }
const verbose = { ...quiet, isVerbose: true }

const grant = {
  function: 'reader',
  regions: ['one', 'two'],
  statement: 'access, statement 1 (Open)',
  action: 'kms:Decrypt',
  resources: ['a', 'b'],
}
const full: Report = {
  ...empty,
  functions: {
    reader: {
      invocations: 2,
      errors: 1,
      operations: {
        'dynamodb:Query': { calls: 2, failures: 0, readUnits: 1.5, writeUnits: 0 },
        'dynamodb:PutItem': { calls: 1, failures: 0, readUnits: 0, writeUnits: 1 },
      },
    },
    writer: { invocations: 1, errors: 0, operations: {} },
  },
  unusedGrants: [grant, { ...grant, regions: ['two'], resources: ['c'] }],
  violations: [
    {
      function: 'reader',
      region: 'one',
      action: 'kms:Sign',
      resource: 'k',
      reason: 'because',
      role: { logicalId: 'ReaderRole', stack: 'Service-one' },
    },
    { function: 'API x', region: 'one', action: 'lambda:InvokeFunction', resource: 'f', reason: 'no permission' },
  ],
}

it('says in words what was refused, first, then what was called', () => {
  expect(reportText(full, quiet).split('\n')).toEqual([
    '',
    'REFUSED, as AWS would have:',
    '  reader in one: kms:Sign on k because (role ReaderRole in stack Service-one)',
    '  API x in one: lambda:InvokeFunction on f no permission',
    '',
    'AWS calls per function, all Regions together:',
    '  reader: 2 invocations, 1 failed',
    '    dynamodb:Query: 2 calls, 1.5 read units',
    '    dynamodb:PutItem: 1 call, 1 write unit',
    '  writer: 1 invocation',
    '',
    '2 grants were not used in this run: --verbose names them at the end.',
  ])
})

it('names unused grants where that is asked for, each with its Regions', () => {
  const text = reportText(full, verbose)
  expect(text).toContain('Grants that nothing used in this run (ARNs as the first Region has them):\n')
  expect(text).toContain('  reader in all Regions: kms:Decrypt on a and 1 more (policy access, statement 1 (Open))')
  expect(text).toContain('  reader in two: kms:Decrypt on c (policy access')
  const alone = { ...full, unusedGrants: [{ ...grant, regions: ['one'] }] }
  expect(reportText(alone, { isVerbose: true, regions: ['one'] })).toContain('this run:\n  reader in one: kms:Decrypt')
  expect(reportText(alone, quiet)).toContain('1 grant was not used')
})

it('says so when nothing was refused and every grant was used', () => {
  expect(reportText(empty, quiet)).toContain('No call was refused.')
  expect(reportText(empty, quiet)).toContain('Every grant was used.')
})

it('tells what Scheduler gave up, and how executions ended', () => {
  const lost = {
    schedule: 's',
    group: 'g',
    region: 'one',
    destination: undefined,
    code: 'AccessDeniedException',
    attempts: 1,
  }
  const text = reportText(
    { ...empty, lostInvocations: [lost], executions: { work: { SUCCEEDED: 2, FAILED: 1 } } },
    quiet,
  )
  expect(text).toContain('EventBridge Scheduler gave up schedule s of group g: AccessDeniedException.')
  expect(text).toContain('Executions of state machines:\n  work: 2 SUCCEEDED, 1 FAILED')
})
