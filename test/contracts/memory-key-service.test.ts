/** Tests of the core are only worth as much as the keys that they run on. */
import { MemoryKeyService } from '../support/memory-key-service.ts'
import { principal } from '../support/keyring-fixture.ts'
import { keyReplicationContract } from './key-replication-contract.ts'

keyReplicationContract('keys in memory', async (mode) => {
  const service = new MemoryKeyService(mode)
  const side = (region: string) => ({ service, scope: { account: '123456789012', region, principal } })
  return {
    home: side('us-east-1'),
    away: side('eu-west-1'),
    third: side('us-west-2'),
    createKey: async () => service.addKey('mrk-mine'),
    stateOf: async (keyArn) => service.stateOf(keyArn),
    passWindow: async () => service.passWindow(),
    dispose: async () => undefined,
  }
})
