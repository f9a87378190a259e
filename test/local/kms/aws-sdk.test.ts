import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisabledException,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  InvalidCiphertextException,
  NotFoundException,
  paginateListKeys,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { kmsService } from '../../../local/kms/kms-service.ts'
import type { KeyringFixture } from '../../support/keyring-fixture.ts'
import { DAY, entropy, keyringFixture, ownAccountOpen } from '../../support/keyring-fixture.ts'
import type { KmsEndpoint } from '../../support/kms-endpoint.ts'
import { kmsEndpoint } from '../../support/kms-endpoint.ts'

let fixture: KeyringFixture
let endpoint: KmsEndpoint
beforeEach(async () => {
  fixture = await keyringFixture()
  endpoint = await kmsEndpoint(kmsService({ ...fixture, entropy, authorizer: ownAccountOpen }))
})
afterEach(async () => {
  await endpoint.close()
  fixture.database.close()
})

describe('the stock AWS SDK', () => {
  it('makes a multi-Region key, uses it by its alias and opens the result in another Region', async () => {
    const [home, away] = [endpoint.client('us-east-1'), endpoint.client('eu-west-1')]
    const { KeyMetadata: key } = await home.send(new CreateKeyCommand({ MultiRegion: true, Description: 'sdk' }))
    expect(key!.CreationDate).toEqual(new Date(fixture.clock.now()))
    await home.send(new CreateAliasCommand({ AliasName: 'alias/sdk', TargetKeyId: key!.KeyId }))
    await home.send(new ReplicateKeyCommand({ KeyId: key!.KeyId, ReplicaRegion: 'eu-west-1' }))
    const EncryptionContext = { team: 'platform', stage: 'prod' }
    const made = await home.send(
      new GenerateDataKeyCommand({ KeyId: 'alias/sdk', KeySpec: 'AES_256', EncryptionContext }),
    )
    const opened = await away.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext }))
    expect(opened.Plaintext).toEqual(made.Plaintext)
    const wrong = new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: { team: 'platform' } })
    await expect(away.send(wrong)).rejects.toBeInstanceOf(InvalidCiphertextException)
  })

  it('gets the errors as its own classes', async () => {
    const client = endpoint.client('us-east-1')
    const { KeyMetadata: key } = await client.send(new CreateKeyCommand({}))
    await client.send(new DisableKeyCommand({ KeyId: key!.KeyId }))
    const encrypt = new EncryptCommand({ KeyId: key!.Arn, Plaintext: Buffer.from('x') })
    const refused = await client.send(encrypt).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(DisabledException)
    expect(refused).toMatchObject({ message: `${key!.Arn} is disabled.`, $metadata: { httpStatusCode: 400 } })
    const describe = new DescribeKeyCommand({ KeyId: '01234567-89ab-4cde-8f01-23456789abcd' })
    await expect(client.send(describe)).rejects.toBeInstanceOf(NotFoundException)
  })

  it('pages through the keys and reads dates', async () => {
    const client = endpoint.client('us-east-1')
    for (let count = 0; count < 3; count++) await client.send(new CreateKeyCommand({}))
    const ids: string[] = []
    for await (const { Keys: keys } of paginateListKeys({ client, pageSize: 2 }, {}))
      ids.push(...keys!.map(({ KeyId }) => KeyId!))
    expect(new Set(ids).size).toBe(3)
    const { DeletionDate: date } = await client.send(
      new ScheduleKeyDeletionCommand({ KeyId: ids[0], PendingWindowInDays: 7 }),
    )
    expect(date).toEqual(new Date(fixture.clock.now() + 7 * DAY))
  })
})
