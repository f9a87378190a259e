import { CreateKeyCommand, DescribeKeyCommand } from '@aws-sdk/client-kms'
import { keyReplicationContract } from '../../../contracts/key-replication-contract.ts'
import { DAY, otherRegion, place, principal } from '../../../support/keyring-fixture.ts'
import { adapterIn, MemoryRegistry, recordingKms } from './kms-fixture.ts'

// Not on moto_server: its multi-Region keys can't decrypt.
keyReplicationContract("AWS KMS adapter on Coffer's own KMS", async (mode) => {
  const kms = await recordingKms()
  const registry = new MemoryRegistry()
  const side = (region: string) => ({
    service: adapterIn(kms, region, { mode, registry }),
    scope: { account: place.account, region, principal },
  })
  return {
    home: side(place.region),
    away: side(otherRegion.region),
    third: side('us-west-2'),
    createKey: async () => {
      const { KeyMetadata: key } = await kms.client.send(new CreateKeyCommand({ MultiRegion: true }))
      return key!.Arn!
    },
    stateOf: async (keyArn) => {
      const client = kms.clientIn(keyArn.split(':')[3]!)
      const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId: keyArn }))
      return key!.KeyState!
    },
    passWindow: async () => {
      kms.clock.advance(7 * DAY)
      await kms.keyring.sweep()
    },
    dispose: kms.close,
  }
})
