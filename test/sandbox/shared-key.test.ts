import { createSecretsManager } from '../../client/create-client.ts'
import { secretValue, uniqueName } from '../conformance/target.ts'
import { ADMIN, ChildSandbox } from './support/child-sandbox.ts'
import { ReplicationStories } from './support/replication-stories.ts'
import { everyOperation } from './support/stories.ts'

let sandbox: ChildSandbox | undefined
afterEach(() => sandbox?.stop())

it('with one key for all secrets, in one Region, the roles have what they need', async () => {
  sandbox = await ChildSandbox.start('--key-mode', 'shared', '--regions', 'eu-west-1')
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

it('with a shared key in each Region, copies are opened with the key of the primary and sealed with their own', async () => {
  sandbox = await ChildSandbox.start('--key-mode', 'shared', '--replication-delay', '20', '--reorder')
  const stories = new ReplicationStories(sandbox)
  const secret = await stories.firstCopy()
  await stories.changes(secret)
  await stories.cutOff()
  stories.end()
  const { violations, deadLetters, functions } = await sandbox.report()
  // One key for each Region, made once; none is replicated, and none goes with a copy.
  expect(functions['coffer-replicator']?.operations).toMatchObject({ 'kms:CreateKey': { calls: 1, failures: 0 } })
  expect(Object.keys(functions['coffer-replicator']?.operations ?? {})).not.toContain('kms:ReplicateKey')
  expect({ violations, deadLetters, complaints: sandbox.complaints }).toEqual({
    violations: [],
    deadLetters: [],
    complaints: '',
  })
})
