import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../../../lambda/adapters/embedded/database.ts'
import { rotationStoreSchema, storeSchema } from '../../../../lambda/adapters/embedded/store/schema.ts'
import { SqliteSecretStore } from '../../../../lambda/adapters/embedded/store/sqlite-secret-store.ts'
import { StoreFailure } from '../../../../lambda/core/ports/secret-store.ts'
import { headOf, keyOf, secretStoreContract } from '../../../contracts/secret-store-contract.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const clock = new ManualClock()

function openStore(path: string) {
  const database = new Database({ path, migrations: [storeSchema, rotationStoreSchema] })
  return { database, store: new SqliteSecretStore({ database, clock }) }
}

secretStoreContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-store-'))
  const path = join(folder, 'coffer.db')
  let open = openStore(path)
  return {
    store: open.store,
    reopen: async () => {
      await open.store.close()
      open.database.close()
      open = openStore(path)
      return open.store
    },
    close: async () => {
      open.database.close()
      rmSync(folder, { recursive: true })
    },
  }
})

describe('the SQLite store', () => {
  it('writes access dates within a moment, without a commit of their own each', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] })
    const { database, store } = openStore(':memory:')
    await store.commit({ head: headOf('a'), put: [], drop: [] })
    await store.recordAccess((await store.load(keyOf('a')))!, 'v', 86_400_000)
    const written = () => database.prepare('SELECT accessed_day AS day FROM head').get()?.day
    expect(written()).toBe(0)
    await jest.advanceTimersByTimeAsync(250)
    await new Promise((resolve) => setImmediate(resolve))
    expect(written()).toBe(86_400_000)
    database.close()
    jest.useRealTimers()
  })

  it('turns a failure of SQLite into its own, without touching what it holds', async () => {
    const { database, store } = openStore(':memory:')
    await store.commit({ head: headOf('a'), put: [], drop: [] })
    database.prepare("CREATE TRIGGER no_more BEFORE UPDATE ON head BEGIN SELECT RAISE(ABORT, 'disk full'); END").run()
    const refused = store.commit({ head: { ...headOf('a'), revision: 2, description: 'x' }, put: [], drop: [] })
    await expect(refused).rejects.toBeInstanceOf(StoreFailure)
    expect((await store.load(keyOf('a')))?.head).toEqual(headOf('a'))
    database.close()
  })
})
