import { keyServiceContract } from '../../../contracts/key-service-contract.ts'
import { adapter, customerKeys, recordingKms, scope } from './kms-fixture.ts'

keyServiceContract("AWS KMS adapter on Coffer's own KMS", async (mode) => {
  const kms = await recordingKms()
  return { service: adapter(kms, { mode }), scope, ...customerKeys(kms.client), dispose: kms.close }
})
