/**
 * docs/regions.md is run as it stands there (see test/support/documented-session.ts for how blocks are read), with the stock AWS CLI, against a fresh Coffer whose network breaks and heals.
 */
import { readFileSync } from 'node:fs'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { blocksIn, runBlocks, testBlocks, type Outcome } from '../support/documented-session.ts'
import { describeUnless, lacking } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

const makeDirectory = suiteDirectories()
const blocks = blocksIn(readFileSync('docs/regions.md', 'utf8'), 'Walk-through')
const reason = lacking('aws', ['--version'], 'the AWS CLI') ?? lacking('bash', ['--version'], 'bash')

describeUnless(reason, 'the walk-through of docs/regions.md', () => {
  let coffer: ChildCoffer
  let outcomes: readonly Outcome[]
  beforeAll(async () => {
    coffer = await ChildCoffer.start({ dataDir: makeDirectory() })
    outcomes = await runBlocks(blocks, {
      AWS_ENDPOINT_URL: coffer.url,
      AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      AWS_DEFAULT_REGION: 'us-east-1',
    })
  }, 300_000)
  afterAll(() => coffer.stop())

  testBlocks(blocks, () => outcomes)

  it('tells of copies in the log, and of no value and no fault', () => {
    expect(coffer.output).toContain('ReplicationSucceeded')
    expect(coffer.output).toContain('ReplicationFailed')
    expect(coffer.output).not.toContain('written in')
    expect(coffer.output).not.toContain("somebody else's")
    expect(coffer.output).not.toMatch(/\bfault\b/)
  })
})
