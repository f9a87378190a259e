import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreFailure } from '../../../../lambda/core/ports/secret-store.ts'
import { noLink } from '../../../../lambda/core/domain/replication.ts'
import { replicationStoreContract } from '../../../contracts/replication-store-contract.ts'
import { keyOf } from '../../../contracts/secret-store-contract.ts'
import { openReplicatingStore } from './replicating-store.ts'

replicationStoreContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-store-'))
  const path = join(folder, 'coffer.db')
  let open = openReplicatingStore(path)
  return {
    store: open.store,
    replication: open.replication,
    settle: () => open.settle(),
    reopen: async () => {
      await open.store.close()
      open.database.close()
      open = openReplicatingStore(path)
      return open.replication
    },
    close: async () => {
      open.database.close()
      rmSync(folder, { recursive: true })
    },
  }
})

describe('the SQLite replication store', () => {
  it('turns a failure of SQLite into its own', async () => {
    const { database, replication } = openReplicatingStore(':memory:')
    database.prepare("CREATE TRIGGER no_more BEFORE INSERT ON link BEGIN SELECT RAISE(ABORT, 'disk full'); END").run()
    await expect(replication.saveLink(keyOf('a'), { ...noLink, revision: 1 })).rejects.toBeInstanceOf(StoreFailure)
    await replication.link(keyOf('a'))
    database.prepare('DROP TABLE seen').run()
    await expect(replication.group(keyOf('a'))).rejects.toBeInstanceOf(StoreFailure)
    database.close()
  })
})
