import { randomInt, randomUUID } from 'node:crypto'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { WireClient } from '../support/wire-client.ts'
import { LoadUnderStop } from './stop-under-load.ts'
import { seededRandom } from './writers.ts'

const makeDirectory = suiteDirectories({ onDisk: true })

describe('SIGTERM', () => {
  it('under 16 writers ends the server with 0, and every acknowledged write is there after the restart', async () => {
    const seed = Number(process.env.COFFER_KILL_SEED ?? randomInt(2 ** 31))
    console.log(`COFFER_KILL_SEED=${seed}`)
    const load = new LoadUnderStop(makeDirectory(), seededRandom(seed))
    for (let round = 0; round < 4; round++) {
      const { exit, problems } = await load.round('SIGTERM')
      expect({ round, exit, problems }).toEqual({ round, exit: { code: 0, signal: null }, problems: [] })
    }
    expect(await load.finish()).toEqual([])
  }, 60_000)

  it('keeps the dates of reads that were still in memory', async () => {
    const dataDir = makeDirectory()
    const first = await ChildCoffer.start({ dataDir })
    const client = new WireClient({ endpoint: first.url, credentials: ADMIN })
    await client.call('CreateSecret', { Name: 'read', ClientRequestToken: randomUUID(), SecretString: 'value' })
    await client.call('GetSecretValue', { SecretId: 'read' })
    first.kill('SIGTERM')
    client.close()
    expect(await first.exited).toEqual({ code: 0, signal: null })

    const second = await ChildCoffer.start({ dataDir })
    const again = new WireClient({ endpoint: second.url, credentials: ADMIN })
    const { LastAccessedDate } = await again.call('DescribeSecret', { SecretId: 'read' })
    again.close()
    await second.stop()
    expect(Number(LastAccessedDate) % 86_400).toBe(0)
  })
})
