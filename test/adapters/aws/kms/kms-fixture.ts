/**
 * The KMS adapter over Coffer's own KMS, in process: calls are recorded and can be made to fail.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { KmsKeyService } from '../../../../lambda/adapters/aws/kms/kms-key-service.ts'
import type { KmsIn } from '../../../../lambda/adapters/aws/kms/replica-keys.ts'
import type { FindKeys } from '../../../../lambda/adapters/aws/kms/service-key-scan.ts'
import type { KeyPlace, SharedKeyRegistry } from '../../../../lambda/adapters/aws/shared-key-registry.ts'
import type { KeyMode, KeyScope } from '../../../../lambda/core/ports/key-service.ts'
import type { KeyOptions } from '../../../contracts/key-service-contract.ts'
import { kmsService } from '../../../../local/kms/kms-service.ts'
import {
  entropy,
  keyringFixture,
  ownAccountOpen,
  place,
  principal,
  type KeyringFixture,
} from '../../../support/keyring-fixture.ts'

export const DEPLOYMENT = 'coffer'
export const scope: KeyScope = { ...place, principal }
export const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf'
export const context = { SecretARN: secretArn, SecretVersionId: '11111111-2222-4333-8444-555555555555' }

/** One call of KMS, as it was sent. */
export interface SentCall {
  readonly operation: string
  /** That was called. */
  readonly region: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What a server answers instead of the real answer. `hang`: nothing at all. */
export type Answer = { readonly status: number; readonly body: string } | 'hang'

/** An error as KMS sends it. */
export const kmsError = (code: string, message = `${code} it is`, status = 400): Answer => ({
  status,
  body: JSON.stringify({ __type: code, message }),
})

export interface RecordingKms extends KeyringFixture {
  readonly client: KMSClient
  /** A client of any Region; the same one each time. */
  readonly clientIn: (region: string) => KMSClient
  readonly calls: SentCall[]
  /** Names of the operations called since the last time, which are then forgotten. */
  readonly takeCalls: () => string[]
  /** The next `times` calls of `operation` get `answer`. */
  readonly answer: (operation: string, answer: Answer, times?: number) => void
  readonly close: () => Promise<void>
}

interface Plan {
  readonly operation: string
  readonly answer: Answer
  left: number
}

/** @param requestTimeout of the client, in milliseconds; 0: none */
export async function recordingKms({ requestTimeout = 0 } = {}): Promise<RecordingKms> {
  const fixture = await keyringFixture()
  const service = kmsService({ keyring: fixture.keyring, entropy, clock: fixture.clock, authorizer: ownAccountOpen })
  const calls: SentCall[] = []
  const plans: Plan[] = []
  const respond = (response: ServerResponse, status: number, body: string): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() })
    response.end(body)
  }
  const server = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      const target = String(request.headers['x-amz-target'])
      const operation = target.replace(/^.*\./, '')
      const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
      calls.push({ operation, region, input: JSON.parse(body.toString()) })
      const plan = plans.find((entry) => entry.operation === operation && entry.left > 0)
      if (plan) {
        plan.left--
        if (plan.answer !== 'hang') respond(response, plan.answer.status, plan.answer.body)
        return
      }
      const contentType = request.headers['content-type']
      const asked = {
        method: 'POST',
        target,
        contentType,
        body,
        principal,
        region,
        origin: { receivedAt: 0, isSecure: true },
        requestId: 'none',
      }
      const answer = await service(asked)
      respond(response, answer.status, answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const clients = new Map<string, KMSClient>()
  const clientIn = (region: string): KMSClient => {
    const client =
      clients.get(region) ??
      new KMSClient({
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        region,
        credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
        maxAttempts: 1,
        requestHandler: { requestTimeout, throwOnRequestTimeout: true },
      })
    clients.set(region, client)
    return client
  }
  return {
    ...fixture,
    client: clientIn(place.region),
    clientIn,
    calls,
    takeCalls: () => calls.splice(0).map(({ operation }) => operation),
    answer: (operation, answer, times = 1) => {
      plans.push({ operation, answer, left: times })
    },
    close: async () => {
      for (const client of clients.values()) client.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      fixture.database.close()
    },
  }
}

/** As the table keeps it: a conditional write, the first wins. Every call takes a turn of the event loop, so that races happen. */
export class MemoryRegistry implements SharedKeyRegistry {
  readonly #keys = new Map<string, string>()
  reads = 0

  async find(where: KeyPlace): Promise<string | undefined> {
    this.reads++
    await turn()
    return this.#keys.get(nameOf(where))
  }

  async record(where: KeyPlace, keyArn: string): Promise<string> {
    await turn()
    const present = this.#keys.get(nameOf(where))
    if (present !== undefined) return present
    this.#keys.set(nameOf(where), keyArn)
    return keyArn
  }
}

const nameOf = ({ account, region }: KeyPlace): string => `${account} ${region}`
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export interface AdapterOptions {
  readonly mode?: KeyMode
  readonly registry?: SharedKeyRegistry
  readonly deployment?: string
  readonly findKeys?: FindKeys
  readonly kmsIn?: KmsIn
  /** Collects what would have been waited for. */
  readonly pauses?: number[]
}

export function adapter(
  { client, clock }: Pick<RecordingKms, 'client' | 'clock'>,
  {
    mode = 'per-secret',
    registry = new MemoryRegistry(),
    deployment = DEPLOYMENT,
    pauses = [],
    ...rest
  }: AdapterOptions = {},
): KmsKeyService {
  const pause = async (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds)
  }
  return new KmsKeyService({ kms: client, registry, mode, deployment, ...place, clock, pause, ...rest })
}

/** What the contract does beside the service, with a stock client. */
export function customerKeys(client: KMSClient) {
  return {
    createKey: async ({ multiRegion = false, tag }: KeyOptions = {}) => {
      const tags = tag ? [{ TagKey: tag.key, TagValue: tag.value }] : []
      const { KeyMetadata: key } = await client.send(
        new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT', MultiRegion: multiRegion, Tags: tags }),
      )
      return { keyId: key!.KeyId!, arn: key!.Arn! }
    },
    createAlias: async ({ keyId }: { keyId: string }) => {
      const AliasName = `alias/contract-${randomUUID()}`
      await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: keyId }))
      return AliasName
    },
    setPolicy: async (keyArn: string, Policy: string) => {
      await client.send(new PutKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default', Policy }))
    },
    disable: async (keyArn: string) => {
      await client.send(new DisableKeyCommand({ KeyId: keyArn }))
    },
    scheduleDeletion: async (keyArn: string) => {
      await client.send(new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: 7 }))
    },
    stateOf: async (keyArn: string) => {
      const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId: keyArn }))
      return key!.KeyState!
    },
  }
}

/** The service of another Region, with the replicator's means or without. */
export const adapterIn = (
  kms: RecordingKms,
  region: string,
  { mode = 'per-secret', isReplicator = true, registry = new MemoryRegistry(), pauses = [] }: RegionalOptions = {},
): KmsKeyService =>
  new KmsKeyService({
    kms: kms.clientIn(region),
    registry,
    mode,
    deployment: DEPLOYMENT,
    account: place.account,
    region,
    clock: kms.clock,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    ...(isReplicator && { kmsIn: kms.clientIn }),
  })

export interface RegionalOptions extends Pick<AdapterOptions, 'mode' | 'registry' | 'pauses'> {
  readonly isReplicator?: boolean
}
