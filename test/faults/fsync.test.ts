/**
 * A killed process proves nothing about power loss: the page cache survives it. What does is that the log is synced before an answer goes out, which
 * is seen from outside.
 * @module
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '../support/other-programs.ts'
import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { WireClient } from '../support/wire-client.ts'

const makeDirectory = suiteDirectories({ onDisk: true })
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0
const SYNCS = /\bf(?:data)?sync\(/g

describeUnless(canTrace ? undefined : 'strace is not here, or may not trace', 'an acknowledged write', () => {
  it('was synced to the disk before its answer, each one', async () => {
    const coffer = await ChildCoffer.start({ dataDir: makeDirectory() })
    const client = new WireClient({ endpoint: coffer.url, credentials: ADMIN })
    const create = (): Promise<unknown> =>
      client.call('CreateSecret', { Name: randomUUID(), ClientRequestToken: randomUUID(), SecretString: 'value' })
    await create()
    const trace = join(makeDirectory(), 'trace')
    const strace = spawn('strace', ['-f', '-p', String(coffer.pid), '-e', 'trace=fsync,fdatasync', '-o', trace], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await once(strace.stderr, 'data')
    // One after the other, so that no two can share a commit.
    for (let count = 1; count <= 20; count++) {
      await create()
      const syncs = readFileSync(trace, 'utf8').match(SYNCS)?.length ?? 0
      expect(syncs).toBeGreaterThanOrEqual(count)
    }
    strace.kill('SIGINT')
    await once(strace, 'close')
    client.close()
    await coffer.stop()
  })
})
