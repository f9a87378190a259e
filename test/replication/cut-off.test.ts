/**
 * Two Regions of an embedded Coffer that lose sight of each other, as their users see it: the stock client, the command line, and a process that is killed in the middle. A call to the network or to the clock answers
 * once everything has arrived that can: nothing else is waited for, but what goes on by itself after a start.
 */
import { randomUUID } from 'node:crypto'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { run } from '../../local/cli/program.ts'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

const HOME = 'us-east-1'
const AWAY = 'eu-west-1'
const READ_ONLY = "Operation not permitted on a replica secret. Call must be made in primary secret's region."

const makeDirectory = suiteDirectories()

class TwoRegions {
  readonly #dataDir = makeDirectory()
  #coffer: ChildCoffer | undefined
  home = this.#client(HOME, 'http://127.0.0.1:1')
  away = this.#client(AWAY, 'http://127.0.0.1:1')

  async start(): Promise<this> {
    // The keyring and the secrets go by the same clock: no start may be before what was.
    const flags = ['--regions', `${HOME},${AWAY}`, '--clock', new Date(this.#startsAt).toISOString()]
    this.#startsAt += 86_400_000
    this.#coffer = await ChildCoffer.start({ dataDir: this.#dataDir, flags: [...flags, '--log-format', 'json'] })
    this.home = this.#client(HOME, this.#coffer.url)
    this.away = this.#client(AWAY, this.#coffer.url)
    return this
  }

  #startsAt = Date.parse('2026-03-01T00:00:00Z')

  #client(region: string, endpoint: string): SecretsManager {
    return new SecretsManager({ region, endpoint, credentials: ADMIN, maxAttempts: 1 })
  }

  async kill(): Promise<void> {
    this.#coffer?.kill('SIGKILL')
    expect(await this.#coffer?.exited).toEqual({ code: null, signal: 'SIGKILL' })
    this.#disconnect()
  }

  async stop(): Promise<void> {
    this.#disconnect()
    await this.#coffer?.stop()
  }

  get log(): string {
    return this.#coffer?.output ?? ''
  }

  get url(): string {
    return this.#coffer?.url ?? ''
  }

  async coffer(...args: string[]) {
    let [out, err] = ['', '']
    const environment = { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey }
    const code = await run([...args, '--url', this.url], {
      environment,
      print: (text) => void (out += text),
      complain: (text) => void (err += text),
    })
    return { code, out, err }
  }

  async network(...args: string[]): Promise<void> {
    expect(await this.coffer('replication', 'network', ...args)).toMatchObject({ code: 0, err: '' })
  }

  /** Everything that is on its way arrives, and what comes of it. */
  settle = (): Promise<void> => this.network('--lag', '0s')

  async advance(by: string): Promise<void> {
    expect(await this.coffer('clock', '--advance', by)).toMatchObject({ code: 0 })
  }

  #disconnect(): void {
    this.home.destroy()
    this.away.destroy()
  }
}

const valueOf = async (client: SecretsManager, which: object = {}): Promise<string | undefined> =>
  (await client.getSecretValue({ SecretId: 'db', ...which })).SecretString

const statusOf = async (client: SecretsManager) => (await client.describeSecret({ SecretId: 'db' })).ReplicationStatus

async function put(client: SecretsManager, SecretString: string): Promise<string> {
  const ClientRequestToken = randomUUID()
  await client.putSecretValue({ SecretId: 'db', SecretString, ClientRequestToken })
  return ClientRequestToken
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('it did not come to that')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function replicated(): Promise<TwoRegions> {
  const regions = await new TwoRegions().start()
  await regions.home.createSecret({
    Name: 'db',
    SecretString: 'first',
    Description: 'of both',
    AddReplicaRegions: [{ Region: AWAY }],
  })
  await regions.settle()
  return regions
}

let regions: TwoRegions
afterEach(() => regions.stop())

it('a secret is copied, follows its primary, and is written there alone', async () => {
  regions = await new TwoRegions().start()
  const made = await regions.home.createSecret({
    Name: 'db',
    SecretString: 'first',
    AddReplicaRegions: [{ Region: AWAY }],
  })
  expect(made.ReplicationStatus).toMatchObject([{ Region: AWAY, Status: 'InProgress' }])
  await regions.settle()
  expect(await statusOf(regions.home)).toMatchObject([{ Region: AWAY, Status: 'InSync' }])
  expect(await valueOf(regions.away)).toBe('first')
  expect(await regions.away.describeSecret({ SecretId: 'db' })).toMatchObject({
    ARN: made.ARN?.replace(HOME, AWAY),
    PrimaryRegion: HOME,
  })
  const version = await put(regions.home, 'second')
  await regions.home.updateSecret({ SecretId: 'db', Description: 'changed' })
  await regions.settle()
  expect(await regions.away.getSecretValue({ SecretId: 'db' })).toMatchObject({
    SecretString: 'second',
    VersionId: version,
    VersionStages: ['AWSCURRENT'],
  })
  expect((await regions.away.describeSecret({ SecretId: 'db' })).Description).toBe('changed')
  await expect(put(regions.away, 'third')).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: READ_ONLY,
  })
  expect(regions.log).toContain('"name":"ReplicationSucceeded"')
})

it('a change takes the lag of the network to arrive, and its confirmation takes it again', async () => {
  regions = await replicated()
  await regions.network('--lag', '1h')
  await put(regions.home, 'second')
  expect(await valueOf(regions.away)).toBe('first')
  expect(await statusOf(regions.home)).toMatchObject([{ Status: 'InProgress' }])
  await regions.advance('59m')
  expect(await valueOf(regions.away)).toBe('first')
  await regions.advance('2m')
  expect(await valueOf(regions.away)).toBe('second')
  expect(await statusOf(regions.home)).toMatchObject([{ Status: 'InProgress' }])
  // It was on its way since the very moment at which the change had arrived.
  await regions.advance('59.5m')
  expect(await statusOf(regions.home)).toMatchObject([{ Status: 'InSync' }])
  const metrics = await (await fetch(`${regions.url}/metrics`)).text()
  expect(metrics).toMatch(/^coffer_replication_lag_seconds_bucket\{region="eu-west-1",le="300"\} 1$/m)
  expect(metrics).toMatch(/^coffer_replication_lag_seconds_count\{region="eu-west-1"\} 2$/m)
  expect(metrics).toMatch(/^coffer_replications_total\{region="eu-west-1",result="succeeded"\} 1$/m)
})

it('the day of a Region that is cut off: it reads, is promoted, both write, and they become one again', async () => {
  regions = await replicated()
  await regions.network('--cut', AWAY)
  const unseen = await put(regions.home, 'written at home')
  await regions.settle()
  expect(await statusOf(regions.home)).toMatchObject([{ Region: AWAY, Status: 'InProgress' }])
  expect(await valueOf(regions.away)).toBe('first')

  await regions.away.stopReplicationToReplica({ SecretId: 'db' })
  const own = await put(regions.away, 'written away')
  expect(await valueOf(regions.home)).toBe('written at home')
  expect(await valueOf(regions.away)).toBe('written away')

  // The next start connects all Regions.
  await regions.kill()
  await regions.start()
  await regions.settle()
  expect(await statusOf(regions.home)).toBeUndefined()
  expect((await regions.away.describeSecret({ SecretId: 'db' })).PrimaryRegion).toBeUndefined()
  expect(await valueOf(regions.home)).toBe('written at home')
  expect(await valueOf(regions.away)).toBe('written away')

  const status = await regions.coffer('replication', 'status', 'db', '--region', HOME)
  expect(status).toMatchObject({ code: 3, err: '' })
  expect(status.out).toContain(`${AWAY} is by itself`)
  expect(status.out).toContain('both have changed since they went apart')

  const undecided = await regions.coffer('replication', 'reprimary', 'db', '--to', HOME)
  expect(undecided.code).toBe(1)
  expect(undecided.err).toContain(`--to ${HOME} --winner ${AWAY}`)
  await put(regions.away, 'nothing has happened')

  const decided = await regions.coffer('replication', 'reprimary', 'db', '--to', HOME, '--winner', AWAY)
  expect(decided).toEqual({
    code: 0,
    err: '',
    out: [
      `${AWAY} steps down for ${HOME}: it takes no writes any more, and can be read all the time.`,
      `Both have changed since they went apart: ${AWAY} wins.`,
      `${HOME} has taken over: it is the primary.`,
      `${AWAY} is its replica, and in sync.`,
      '',
    ].join('\n'),
  })
  for (const client of [regions.home, regions.away]) {
    expect(await valueOf(client)).toBe('nothing has happened')
    // Nothing that somebody was told is written is lost.
    expect(await valueOf(client, { VersionId: unseen })).toBe('written at home')
    expect(await valueOf(client, { VersionId: own })).toBe('written away')
  }
  await put(regions.home, 'one again')
  await regions.settle()
  expect(await valueOf(regions.away)).toBe('one again')
  await expect(put(regions.away, 'no')).rejects.toMatchObject({ message: READ_ONLY })
  expect(await regions.coffer('replication', 'status', 'db', '--region', HOME)).toMatchObject({ code: 0 })
})

it('a hand-over in the middle of which everything is killed comes to its end', async () => {
  regions = await replicated()
  await regions.network('--cut', AWAY)
  const begun = await regions.coffer('replication', 'reprimary', 'db', '--to', AWAY, '--no-wait')
  expect(begun).toMatchObject({ code: 0, err: '' })
  // It is cut off: nobody has taken over, nobody writes, both read.
  await expect(put(regions.home, 'no')).rejects.toMatchObject({ name: 'InvalidRequestException' })
  await expect(put(regions.away, 'no')).rejects.toMatchObject({ message: READ_ONLY })
  expect([await valueOf(regions.home), await valueOf(regions.away)]).toEqual(['first', 'first'])

  await regions.kill()
  await regions.start()
  await regions.settle()
  await put(regions.away, 'second')
  await regions.settle()
  expect(await valueOf(regions.home)).toBe('second')
  expect(await statusOf(regions.away)).toMatchObject([{ Region: HOME, Status: 'InSync' }])
  await expect(put(regions.home, 'no')).rejects.toMatchObject({ message: READ_ONLY })
  expect(await regions.coffer('replication', 'reprimary', 'db', '--to', AWAY)).toMatchObject({
    code: 0,
    out: `${AWAY} is the primary already, as far as it has heard.\n`,
  })
})

it('what was written and had not arrived when everything was killed arrives after the next start', async () => {
  regions = await replicated()
  await regions.network('--lag', '1h')
  await put(regions.home, 'second')
  await regions.home.replicateSecretToRegions({ SecretId: 'db', AddReplicaRegions: [{ Region: AWAY }] })
  await regions.kill()
  await regions.start()
  await until(async () => (await valueOf(regions.away)) === 'second')
  await until(async () => (await statusOf(regions.home))?.[0]?.Status === 'InSync')
})

it('whatever it was killed in the middle of, all that was promised is copied after the next start', async () => {
  regions = await new TwoRegions().start()
  const promised: string[] = []
  for (const [round, answers] of [8, 21, 34].entries()) {
    const { home } = regions
    let killed: Promise<void> | undefined
    const creations = Array.from({ length: 40 }, async (_, index) => {
      const Name = `db-${round}-${index}`
      await home.createSecret({ Name, SecretString: Name, AddReplicaRegions: [{ Region: AWAY }] })
      promised.push(Name)
      if (promised.filter((name) => name.startsWith(`db-${round}-`)).length === answers) killed = regions.kill()
    })
    await Promise.allSettled(creations)
    await killed
    await regions.start()
  }
  expect(promised.length).toBeGreaterThanOrEqual(63)
  await until(async () => {
    const { SecretList = [] } = await regions.away.listSecrets({ MaxResults: 100 })
    const names = new Set(SecretList.map(({ Name }) => Name))
    return promised.every((name) => names.has(name))
  })
  await regions.settle()
  for (const SecretId of promised) {
    const { ReplicationStatus } = await regions.home.describeSecret({ SecretId })
    expect([SecretId, ReplicationStatus?.[0]?.Status]).toEqual([SecretId, 'InSync'])
    expect((await regions.away.getSecretValue({ SecretId })).SecretString).toBe(SecretId)
  }
})

it('a Region is removed while it is cut off, and its copy goes when it is back; it can have another', async () => {
  regions = await replicated()
  await regions.network('--cut', AWAY)
  await regions.home.removeRegionsFromReplication({ SecretId: 'db', RemoveReplicaRegions: [AWAY] })
  await regions.settle()
  expect(await valueOf(regions.away)).toBe('first')
  const status = await regions.coffer('replication', 'status', 'db', '--region', HOME)
  expect(status.out).toContain(`Removed, and not confirmed yet: ${AWAY}`)
  await regions.network('--heal')
  await expect(valueOf(regions.away)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await regions.home.replicateSecretToRegions({ SecretId: 'db', AddReplicaRegions: [{ Region: AWAY }] })
  await regions.settle()
  expect(await valueOf(regions.away)).toBe('first')
})

it('a copy whose name is taken says so beforehand and afterwards, and comes when it is asked for by force', async () => {
  regions = await new TwoRegions().start()
  await regions.away.createSecret({ Name: 'db', SecretString: 'of somebody else' })
  const before = await regions.coffer('replication', 'preflight', 'db', '--to', AWAY)
  expect(before.code).toBe(3)
  expect(before.out).toContain('failed  name')
  await regions.home.createSecret({ Name: 'db', SecretString: 'first', AddReplicaRegions: [{ Region: AWAY }] })
  await regions.settle()
  expect(await statusOf(regions.home)).toMatchObject([{ Region: AWAY, Status: 'Failed' }])
  expect(await valueOf(regions.away)).toBe('of somebody else')
  const forced = await regions.coffer('replication', 'preflight', 'db', '--to', AWAY, '--overwrite')
  expect(forced).toMatchObject({ code: 0, err: '' })
  await regions.home.replicateSecretToRegions({
    SecretId: 'db',
    AddReplicaRegions: [{ Region: AWAY }],
    ForceOverwriteReplicaSecret: true,
  })
  await regions.settle()
  expect(await statusOf(regions.home)).toMatchObject([{ Region: AWAY, Status: 'InSync' }])
  expect(await valueOf(regions.away)).toBe('first')
})
