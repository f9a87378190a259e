import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless, lacking } from '../support/other-programs.ts'
import { filesIn } from '../support/canary.ts'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { Refusal, WireClient, type Json } from '../support/wire-client.ts'
import { SmallDisk, whyNoMount } from './small-disk.ts'

const makeDirectory = suiteDirectories()
const noMount = whyNoMount(makeDirectory())

interface Written {
  readonly name: string
  readonly value: string
}

class Disk {
  readonly coffer: ChildCoffer
  readonly #client: WireClient

  private constructor(coffer: ChildCoffer) {
    this.coffer = coffer
    this.#client = new WireClient({ endpoint: coffer.url, credentials: ADMIN })
  }

  static async start(dataDir: string): Promise<Disk> {
    return new Disk(await ChildCoffer.start({ dataDir }))
  }

  call(operation: string, input: Json): Promise<Json> {
    return this.#client.call(operation, input)
  }

  /** @throws {Refusal} */
  async write(size = 20_000): Promise<Written> {
    const written = { name: `disk/${randomUUID()}`, value: `${randomUUID()} `.padEnd(size, '.') }
    const input = { Name: written.name, ClientRequestToken: randomUUID(), SecretString: written.value }
    await this.call('CreateSecret', input)
    return written
  }

  /** Writes from sixteen sides until somebody is refused. @returns what was acknowledged, and the refusals */
  async writeUntilRefused(): Promise<{ written: Written[]; refusals: Refusal[] }> {
    const written: Written[] = []
    const refusals: Refusal[] = []
    const writer = async (): Promise<void> => {
      for (let count = 0; count < 200 && refusals.length === 0; count++) {
        try {
          written.push(await this.write())
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          refusals.push(error)
        }
      }
    }
    await Promise.all(Array.from({ length: 16 }, writer))
    return { written, refusals }
  }

  async readAll(): Promise<Written[]> {
    const all: Written[] = []
    let NextToken: unknown
    do {
      const page = await this.call('ListSecrets', { MaxResults: 100, ...(NextToken !== undefined && { NextToken }) })
      for (const { Name } of page.SecretList as { Name: string }[]) {
        const { SecretString } = await this.call('GetSecretValue', { SecretId: Name })
        all.push({ name: Name, value: String(SecretString) })
      }
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    return sorted(all)
  }

  async stop(): Promise<void> {
    this.#client.close()
    await this.coffer.stop()
  }
}

const sorted = (written: readonly Written[]): Written[] => [...written].sort((a, b) => (a.name < b.name ? -1 : 1))

/** Writes fail as a server fault that says nothing more, reads go on, and when there is room again all is well. */
async function expectFaultsWhileFull(dataDir: string, block: (disk: Disk) => void, unblock: (disk: Disk) => void) {
  const disk = await Disk.start(dataDir)
  const before = [await disk.write(), await disk.write(60_000)]
  block(disk)
  const { written, refusals } = await disk.writeUntilRefused()
  expect(refusals.length).toBeGreaterThan(0)
  for (const { status, message } of refusals)
    expect({ status, message }).toEqual({
      status: 500,
      message: 'InternalServiceError: An error occurred on the server side.',
    })
  const acknowledged = sorted([...before, ...written])
  expect(await disk.readAll()).toEqual(acknowledged)
  // Still full: a second try fails as the first did, for every kind of write, and a read still works.
  const [{ name, value }] = before as [Written, Written]
  const large = { SecretId: name, SecretString: 'x'.repeat(60_000), ClientRequestToken: randomUUID() }
  await expect(disk.call('PutSecretValue', large)).rejects.toMatchObject({ status: 500 })
  expect(await disk.call('GetSecretValue', { SecretId: name })).toMatchObject({ SecretString: value })
  expect(disk.coffer.output).toMatch(/fault .*ERR_SQLITE_ERROR/)

  unblock(disk)
  const after = [await disk.write(), await disk.write(60_000)]
  const all = sorted([...acknowledged, ...after])
  expect(await disk.readAll()).toEqual(all)
  await disk.stop()
  const again = await Disk.start(dataDir)
  expect(await again.readAll()).toEqual(all)
  await again.stop()
}

describeUnless(noMount, 'a full disk', () => {
  let disk: SmallDisk
  const mountPoint = makeDirectory()
  const dataDir = join(mountPoint, 'data')
  beforeAll(() => {
    disk = new SmallDisk(mountPoint, 24)
  })
  afterAll(() => disk.close())

  it('refuses writes as server faults, keeps what it has, reads on, and writes again when there is room', async () => {
    await expectFaultsWhileFull(
      dataDir,
      () => disk.fill(),
      () => disk.free(),
    )
  }, 60_000)

  it('does not start a new data directory, and says why', async () => {
    disk.fill()
    const { code, output } = await ChildCoffer.startAndEnd({ dataDir: join(mountPoint, 'other') })
    disk.free()
    expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/^coffer: .*\b(full|disk)\b.*\n$/) })
  })

  it('opens an existing directory, or says why not; nothing is lost either way', async () => {
    const first = await Disk.start(dataDir)
    const all = await first.readAll()
    expect(all.length).toBeGreaterThan(0)
    await first.stop()
    disk.fill()
    const { code, output } = await startAndStop(dataDir)
    disk.free()
    if (code !== 0) expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/^coffer: .*disk.*\n$/) })
    const second = await Disk.start(dataDir)
    expect(await second.readAll()).toEqual(all)
    await second.stop()
  })
})

/** Stops it when it serves. */
async function startAndStop(dataDir: string): Promise<{ code: number | null; output: string }> {
  try {
    const coffer = await ChildCoffer.start({ dataDir })
    const { code } = await coffer.stop()
    return { code, output: coffer.output }
  } catch {
    return ChildCoffer.startAndEnd({ dataDir })
  }
}

describeUnless(lacking('prlimit', ['--version'], 'prlimit'), 'a log file that may not grow', () => {
  const limit = ({ coffer }: Disk, bytes: number | 'unlimited'): void => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(coffer.pid), `--fsize=${bytes}:`])
    if (status !== 0) throw new Error(stderr.toString())
  }

  it('makes writes server faults, and nothing else', async () => {
    const dataDir = join(makeDirectory(), 'data')
    const log = join(dataDir, 'coffer.db-wal')
    await expectFaultsWhileFull(
      dataDir,
      (disk) => limit(disk, statSync(log).size + 300_000),
      (disk) => limit(disk, 'unlimited'),
    )
  }, 60_000)
})

const isRoot = process.getuid?.() === 0

describeUnless(isRoot ? noMount : undefined, 'a read-only directory', () => {
  const place = makeDirectory()
  const dataDir = join(place, 'data')
  let disk: SmallDisk | undefined
  beforeAll(() => {
    if (isRoot) disk = new SmallDisk(place, 24)
  })
  afterAll(() => {
    if (disk) disk.close()
    else unlock()
  })
  /** Root may write whatever the mode is: for root the whole file system is locked. */
  function lock(): void {
    if (disk) disk.remount('ro')
    else {
      for (const file of filesIn(dataDir)) chmodSync(file, 0o400)
      chmodSync(dataDir, 0o500)
      chmodSync(place, 0o500)
    }
  }
  function unlock(): void {
    if (disk) disk.remount('rw')
    else {
      chmodSync(place, 0o700)
      chmodSync(dataDir, 0o700)
      for (const file of filesIn(dataDir)) chmodSync(file, 0o600)
    }
  }
  const contents = (): [string, string][] =>
    filesIn(dataDir)
      .sort()
      .map((path) => [path, readFileSync(path, 'base64')])

  it('is refused in clear words, left as it is, and served again when it can be written', async () => {
    const first = await Disk.start(dataDir)
    const written = sorted([await first.write(), await first.write(60_000)])
    await first.stop()
    lock()
    const before = contents()
    const refused = await ChildCoffer.startAndEnd({ dataDir })
    expect(refused.code).toBe(1)
    expect(refused.output).toMatch(/^coffer: .*(read-only|cannot be opened for writing|not accessible).*\n$/)
    expect(refused.output).toContain(dataDir)
    expect(contents()).toEqual(before)
    const asNew = await ChildCoffer.startAndEnd({ dataDir: join(place, 'new') })
    expect(asNew.code).toBe(1)
    expect(asNew.output).toMatch(/^coffer: .*(read-only|not accessible).*\n$/)
    unlock()
    const second = await Disk.start(dataDir)
    expect(await second.readAll()).toEqual(written)
    await second.stop()
  })

  it('where something else is in the way, the directory is refused', async () => {
    const path = join(makeDirectory(), 'taken')
    mkdirSync(path)
    const file = join(path, 'coffer.db')
    spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=1024', 'count=4'])
    const { code, output } = await ChildCoffer.startAndEnd({ dataDir: path })
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('was not made by Coffer') })
    expect(readFileSync(file)).toEqual(Buffer.alloc(4096))
  })
})
