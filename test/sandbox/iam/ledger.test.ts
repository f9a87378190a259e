import { Ledger } from '../../../sandbox/iam/ledger.ts'
import { readPolicy } from '../../../sandbox/iam/policy-document.ts'

const grantsIn = (region: string) =>
  readPolicy(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['dynamodb:Query', 'dynamodb:GetItem'],
          Resource: `arn:aws:dynamodb:${region}:1:table/t`,
        },
        { Effect: 'Deny', Action: 'dynamodb:Scan', Resource: '*' },
      ],
    },
    'access',
    'identity',
  ).grants

it('tells each action of each statement that nobody used, and counts a use in one Region for all', () => {
  const ledger = new Ledger()
  for (const region of ['one', 'two']) ledger.watch('reader', region, grantsIn(region))
  ledger.used(
    'reader',
    grantsIn('two').filter(({ action }) => action === 'dynamodb:Query'),
  )
  expect(ledger.unusedGrants).toEqual([
    {
      function: 'reader',
      regions: ['one', 'two'],
      statement: 'access, statement 1',
      action: 'dynamodb:GetItem',
      resources: ['arn:aws:dynamodb:one:1:table/t'],
    },
  ])
})

it('tells and keeps the same violation once, and not without end', () => {
  const told: unknown[] = []
  const ledger = new Ledger((each) => told.push(each))
  const violation = { function: 'f', region: 'r', action: 'a', resource: 'x', reason: 'because' }
  for (let time = 0; time < 3; time++) ledger.violation(violation)
  expect(ledger.violations).toEqual([violation])
  expect(told).toEqual([violation])
  for (let time = 0; time < 2000; time++) ledger.violation({ ...violation, resource: String(time) })
  expect(ledger.violations).toHaveLength(1000)
  expect(told).toHaveLength(1000)
})
