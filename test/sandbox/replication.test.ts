import { CanaryHunt } from '../support/canary.ts'
import { secretValue, uniqueName, VALUE_MARK } from '../conformance/target.ts'
import { ChildSandbox } from './support/child-sandbox.ts'
import { ReplicationStories } from './support/replication-stories.ts'

/** What replication has of the deployment for itself. */
const REPLICATION = [
  'coffer-replicator',
  'coffer-replication-admin',
  'coffer-replicate-secret-to-regions',
  'coffer-remove-regions-from-replication',
  'coffer-stop-replication-to-replica',
]
/** Somebody whom nobody knows yet calls each of them in test/conformance/sandbox.test.ts. */
const LOOKING_FOR_CALLERS = REPLICATION.slice(2).map((name) => `${name} lambda:InvokeFunction`)

let sandbox: ChildSandbox
let stories: ReplicationStories
let secret: string
beforeAll(async () => {
  // Items take a while to the other Region, each its own: a head may be there before its values.
  sandbox = await ChildSandbox.start('--replication-delay', '20', '--reorder')
  stories = new ReplicationStories(sandbox)
})
afterAll(async () => {
  stories.end()
  await sandbox.stop()
})

describe('replication on AWS, in the sandbox', () => {
  it('a secret that is made with a replica Region is copied there, told of, and in sync', async () => {
    secret = await stories.firstCopy()
  })

  it('what changes in the primary changes in the copy, and nothing is changed in the copy itself', () =>
    stories.changes(secret))

  it('a removed Region deletes its copy and key, and gets the key back when it is added again', () =>
    stories.removedAndAddedAgain(secret))

  it('a promoted copy has a key of its own and takes writes, and the primary has no copy any more', () =>
    stories.promoted(secret))

  it('customer keys are used in their Regions, said beforehand to work or not, and tried again', () =>
    stories.customerKeys())

  it('Regions that are cut off go on by themselves, and one is the primary again afterwards', () => stories.cutOff())

  it('a secret of the name is overwritten only when that is asked for', () => stories.overwritten())

  it('how a secret is replicated is told to nobody whom policies do not let', () => stories.refusedToStranger())

  it('a copy that KMS keeps from being brought up to date is so later', () => stories.outage())

  it('reading a copy makes the calls that reading the primary makes', async () => {
    const Name = uniqueName('read')
    const AddReplicaRegions = [{ Region: stories.there }]
    await stories.primary.createSecret({ Name, SecretString: secretValue(), AddReplicaRegions })
    await stories.settle()
    const once = { 'dynamodb:Query': 1, 'kms:Decrypt': 1 }
    expect(await stories.countedCalls(() => stories.primary.getSecretValue({ SecretId: Name }))).toEqual(once)
    expect(await stories.countedCalls(() => stories.replica.getSecretValue({ SecretId: Name }))).toEqual(once)
  })
})

describe('after all that', () => {
  it('no call was refused by a role, nothing was given up, and the sandbox had no fault', async () => {
    const report = await sandbox.report()
    expect(report.violations).toEqual([])
    expect(report.deadLetters).toEqual([])
    expect(sandbox.complaints).toBe('')
  })

  it('every grant that replication has for itself was used', async () => {
    const { unusedGrants } = await sandbox.report()
    const unused = unusedGrants.filter(({ function: name }) => REPLICATION.includes(name))
    const told = unused.map(({ function: name, action }) => `${name} ${action}`)
    expect(told.filter((grant) => !LOOKING_FOR_CALLERS.includes(grant))).toEqual([])
  })

  it('no value is in a log, a message or a report', async () => {
    const hunt = new CanaryHunt()
    hunt.add('value', VALUE_MARK)
    const paths = ['/messages', '/report', '/logs']
    const texts = await Promise.all(paths.map(async (path) => JSON.stringify(await sandbox.admin('GET', path))))
    expect(texts.flatMap((text, index) => hunt.inText(paths[index]!, text))).toEqual([])
    expect(texts[0]).toContain('ReplicationSucceeded')
  })

  it('records that are given up are dead letters, and a sweep brings the copy up to date', async () => {
    await stories.lostRecords()
    const { deadLetters } = await sandbox.report()
    expect(new Set(deadLetters.map(({ function: name }) => name))).toEqual(new Set(['coffer-replicator']))
  })
})
