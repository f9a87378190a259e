import { createSecretsManager } from '../../client/create-client.ts'
import { secretValue, uniqueName } from '../conformance/target.ts'
import { ADMIN, ChildSandbox } from './support/child-sandbox.ts'
import { everyOperation } from './support/stories.ts'

let sandbox: ChildSandbox
beforeAll(async () => {
  sandbox = await ChildSandbox.start('--key-mode', 'shared', '--regions', 'eu-west-1')
})
afterAll(() => sandbox.stop())

it('with one key for all secrets, in one Region, the roles have what they need', async () => {
  const { url, regions } = sandbox.welcome
  expect(regions).toEqual(['eu-west-1'])
  const client = createSecretsManager({ endpoint: url, region: 'eu-west-1', credentials: ADMIN, maxAttempts: 1 })
  // The first ones ask for the key at once.
  await Promise.all([1, 2].map(() => client.createSecret({ Name: uniqueName(), SecretString: secretValue() })))
  await everyOperation(client)
  client.destroy()
  await sandbox.advanceClock(2 * 86_400_000)
  const { violations, deadLetters, functions } = await sandbox.report()
  // Four schedules, each once.
  expect(functions['coffer-sweeper']).toMatchObject({ invocations: 4, errors: 0 })
  expect({ violations, deadLetters, complaints: sandbox.complaints }).toEqual({
    violations: [],
    deadLetters: [],
    complaints: '',
  })
})
