import { createSecretsManager } from '../../client/create-client.ts'
import { ExecuteApiSigner } from '../../client/execute-api-signer.ts'
import type { Report } from '../../sandbox/report.ts'
import { ADMIN, ChildSandbox } from '../sandbox/support/child-sandbox.ts'
import { explanations } from '../sandbox/support/explanations.ts'
import { ReplicationStories } from '../sandbox/support/replication-stories.ts'
import { RotationStories } from '../sandbox/support/rotation-stories.ts'
import { everyOperation, newcomers, rareStory, type Place } from '../sandbox/support/stories.ts'
import { CanaryHunt } from '../support/canary.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { conformance, type Skip } from './suite.ts'
import { VALUE_MARK } from './target.ts'

/** What API Gateway does another way than the service. */
const skip: readonly Skip[] = [
  {
    test: 'a signature made with another secret is InvalidSignatureException, an unknown key unrecognized',
    reason:
      'API Gateway has no kind of answer of its own for an unknown access key: it comes under DEFAULT_4XX, as InvalidRequestException',
  },
]

/** Grants that no story can use without breaking something first; each with what it is for. */
const UNUSED: Readonly<Record<string, string>> = {
  'coffer-sweeper sqs:SendMessage':
    'Lambda sends an event there that the sweeper has failed at twice; here it does not fail',
  ...Object.fromEntries(
    ['sweeper', 'change-feed'].flatMap((name) =>
      ['kms:CancelKeyDeletion', 'kms:EnableKey', ...(name === 'change-feed' ? ['kms:DescribeKey'] : [])].map(
        (action) => [
          `coffer-${name} ${action}`,
          'It takes a key back that was retired while a copy came to be that names it, which takes two processes at the same moment',
        ],
      ),
    ),
  ),
}

const makeDirectory = suiteDirectories()
let sandbox: ChildSandbox

conformance('Coffer on AWS, in the sandbox', {
  start: async () => {
    sandbox = await ChildSandbox.start()
    const { url, kmsUrl, account, regions } = sandbox.welcome
    return {
      endpoint: url,
      kmsEndpoint: kmsUrl,
      stsEndpoint: kmsUrl,
      credentials: ADMIN,
      account,
      region: regions[0]!,
      otherRegion: regions[1]!,
      clientOptions: { signerConstructor: ExecuteApiSigner },
      signingName: 'execute-api',
      advanceClock: (milliseconds) => sandbox.advanceClock(milliseconds),
      settle: () => sandbox.admin('POST', '/settle'),
      cutOff: () => sandbox.admin('POST', '/replication', { hold: true }),
      heal: () => sandbox.admin('POST', '/replication', { hold: false }),
    }
  },
  stop: () => Promise.resolve(),
  skip,
})

const placeOf = ({ welcome: { url, kmsUrl, regions } }: ChildSandbox): Place => ({
  url,
  kmsUrl,
  region: regions[0]!,
  advanceClock: (by) => sandbox.advanceClock(by),
  addFault: (fault) => sandbox.admin('POST', '/faults', fault),
})

describe('Coffer on AWS, in the sandbox, by the path of each operation', () => {
  it('every operation does its work, without the router', async () => {
    await sandbox.admin('POST', '/settle')
    await sandbox.admin('POST', '/reset-counts')
    const { url, regions } = sandbox.welcome
    const [client, there] = regions.map((region) =>
      createSecretsManager({ endpoint: url, region, credentials: ADMIN, maxAttempts: 1 }),
    )
    const settle = () => sandbox.admin('POST', '/settle')
    const operations = await everyOperation(client!, { region: regions[1]!, client: there!, settle })
    for (const each of [client, there]) each?.destroy()
    const { functions } = await sandbox.report()
    expect(Object.keys(functions)).not.toContain('coffer-router')
    expect(Object.keys(functions).filter((name) => functions[name]!.errors > 0)).toEqual([])
    expect(operations).toBe(23)
  })

  it('what the suite has no cause to do: big values, many versions, races, sweeps', async () => {
    await rareStory(placeOf(sandbox))
  })

  it('rotations, from RotateSecret through the state machine and back', async () => {
    const stories = new RotationStories(sandbox, makeDirectory())
    await stories.begin()
    await stories.all()
    stories.end()
  })

  it('copies in another Region, from the request through the streams and back', async () => {
    const stories = new ReplicationStories(sandbox)
    await stories.all()
    stories.end()
  })

  it('who may do what is explained to whom policies allow it', async () => {
    await explanations(placeOf(sandbox))
  })

  it('somebody who is not known yet and has no permission is looked for and refused by every operation', async () => {
    expect(await newcomers(placeOf(sandbox))).toHaveLength(23)
  })
})

describe('after all that', () => {
  let logs: Record<string, string>
  let report: Report
  beforeAll(async () => {
    await sandbox.admin('POST', '/settle')
    logs = await sandbox.logs()
    report = await sandbox.stop()
  })

  it('no AWS call was refused by a role, no record was given up, and the sandbox itself had no fault', () => {
    expect(report.violations).toEqual([])
    expect(report.deadLetters).toEqual([])
    expect(sandbox.complaints).toBe('')
  })

  it('every grant was used, but those that are explained', () => {
    const unused = report.unusedGrants.map(({ function: name, action }) => `${name} ${action}`)
    expect(unused.filter((grant) => !(grant in UNUSED))).toEqual([])
  })

  it('no value is in a log or in the report, and no function met a fault', () => {
    const hunt = new CanaryHunt()
    hunt.add('value', VALUE_MARK)
    const texts = { ...logs, report: JSON.stringify(report), output: sandbox.output }
    expect(Object.entries(texts).flatMap(([place, text]) => hunt.inText(place, text))).toEqual([])
    const log = Object.values(logs).join('')
    expect(log).toContain('secret:conformance/')
    expect(log.split('\n').filter((line) => line.includes('"level":"ERROR"'))).toEqual([])
  })
})
