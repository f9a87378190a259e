/**
 * docs/rotation.md is run as it stands there (see test/support/documented-session.ts for how blocks are read), with the stock AWS CLI and psql, against a fresh Coffer and a real PostgreSQL.
 */
import { readFileSync } from 'node:fs'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { lackingPostgres, POSTGRES_ADMIN, PostgresServer } from '../support/databases/postgres-server.ts'
import { blocksIn, runBlocks, testBlocks, type Outcome } from '../support/documented-session.ts'
import { describeUnless, lacking } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

/** Debian's, with Debian's packages. */
const PYTHON = '/usr/bin/python3'

const makeDirectory = suiteDirectories()
const blocks = blocksIn(readFileSync('docs/rotation.md', 'utf8'), 'Walk-through')
const reason =
  lacking('aws', ['--version'], 'the AWS CLI') ??
  lacking('bash', ['--version'], 'bash') ??
  lacking('psql', ['--version'], 'psql') ??
  lacking(PYTHON, ['-c', 'import boto3, pgdb'], 'Python with boto3 and PyGreSQL') ??
  lackingPostgres()

describeUnless(reason, 'the walk-through of docs/rotation.md', () => {
  let postgres: PostgresServer
  let coffer: ChildCoffer
  let outcomes: readonly Outcome[]
  beforeAll(async () => {
    postgres = await PostgresServer.start()
    coffer = await ChildCoffer.start({
      dataDir: makeDirectory(),
      flags: ['--rotation-allow-plaintext', 'on', '--python', PYTHON],
    })
    outcomes = await runBlocks(blocks, {
      AWS_ENDPOINT_URL: coffer.url,
      AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      AWS_DEFAULT_REGION: 'us-east-1',
      PGHOST: '127.0.0.1',
      PGPORT: String(postgres.port),
      PGUSER: POSTGRES_ADMIN.username,
      PGPASSWORD: POSTGRES_ADMIN.password,
    })
  }, 300_000)
  afterAll(async () => {
    await coffer.stop()
    await postgres.stop()
  })

  testBlocks(blocks, () => outcomes)

  it('leaves no password in the log', () => {
    expect(coffer.output).toContain('RotationSucceeded')
    expect(coffer.output).not.toContain('changed by hand')
    expect(coffer.output).not.toContain(POSTGRES_ADMIN.password)
  })
})
