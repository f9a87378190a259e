/**
 * SecretAccess in memory: versions, labels and values as the API keeps them.
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'
import { secretNotFound, ServiceError } from '../../../lambda/core/domain/errors.ts'
import { randomPassword } from '../../../lambda/core/domain/random-password.ts'
import { ROTATION_STEPS, type RotationEvent, type RotationStep } from '../../../lambda/core/ports/functions.ts'
import type { ManagedRotation } from '../../../lambda/managed-rotation/managed-rotation.ts'
import type { SecretAccess } from '../../../lambda/managed-rotation/secret-access.ts'

interface Version {
  value?: string | Uint8Array
  readonly stages: Set<string>
}

export interface MemorySecret {
  readonly name: string
  readonly arn: string
  settings: Record<string, string>
  tags: Record<string, string>
  rotationEnabled: boolean
  readonly versions: Map<string, Version>
}

const PLACE = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:'

export class MemorySecrets {
  readonly #secrets: MemorySecret[] = []

  create(name: string, value: unknown, { settings = {}, tags = {} }: Partial<MemorySecret> = {}): MemorySecret {
    const arn = `${PLACE}${name}-${randomBytes(3).toString('hex')}`
    const made = { name, arn, settings, tags, rotationEnabled: true, versions: new Map<string, Version>() }
    this.#secrets.push(made)
    put(made, randomUUID(), { value: valueOf(value), stages: ['AWSCURRENT'] })
    return made
  }

  /** A new current value by hand. */
  overwrite(secret: MemorySecret, value: unknown): void {
    put(secret, randomUUID(), { value: valueOf(value), stages: ['AWSCURRENT'] })
  }

  /** Writes a version as nobody should. */
  setValue(secret: MemorySecret, id: string, value: unknown): void {
    put(secret, id, { value: valueOf(value), stages: [] })
  }

  /** The empty version of a rotation that begins. @returns its id */
  begin(secret: MemorySecret): string {
    const id = randomUUID()
    put(secret, id, { stages: ['AWSPENDING'] })
    return id
  }

  readonly access: SecretAccess = {
    DescribeSecret: async ({ SecretId }) => {
      const { arn, name, tags, settings, rotationEnabled, versions } = this.#find(SecretId)
      return {
        ARN: arn,
        Name: name,
        RotationEnabled: rotationEnabled,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        ExternalSecretRotationMetadata: Object.entries(settings).map(([Key, Value]) => ({ Key, Value })),
        VersionIdsToStages: Object.fromEntries([...versions].map(([id, { stages }]) => [id, [...stages]])),
      }
    },
    GetSecretValue: async ({ SecretId, VersionId, VersionStage = 'AWSCURRENT' }) => {
      const found = [...this.#find(SecretId).versions].find(([id, { stages }]) =>
        VersionId === undefined ? stages.has(VersionStage) : id === VersionId && stages.has(VersionStage),
      )
      const value = found?.[1].value
      if (value === undefined) throw secretNotFound()
      return typeof value === 'string' ? { SecretString: value } : { SecretBinary: value }
    },
    PutSecretValue: async ({ SecretId, ClientRequestToken = '', SecretString = '', VersionStages = [] }) => {
      const secret = this.#find(SecretId)
      const known = secret.versions.get(ClientRequestToken)?.value
      if (known !== undefined && known !== SecretString)
        throw new ServiceError('ResourceExistsException', 'other value')
      put(secret, ClientRequestToken, { value: SecretString, stages: VersionStages })
      return {}
    },
    UpdateSecretVersionStage: async ({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }) => {
      const secret = this.#find(SecretId)
      const holder = [...secret.versions].find(([, { stages }]) => stages.has(VersionStage))?.[0]
      if (holder !== RemoveFromVersionId) throw new ServiceError('InvalidParameterException', 'not the holder')
      if (MoveToVersionId === undefined) secret.versions.get(holder ?? '')?.stages.delete(VersionStage)
      else put(secret, MoveToVersionId, { stages: [VersionStage] })
      return {}
    },
    GetRandomPassword: async (request) => ({ RandomPassword: randomPassword(request, systemEntropy) }),
  }

  #find(id: string): MemorySecret {
    const found = this.#secrets.find(({ arn, name }) => arn === id || name === id)
    if (found === undefined) throw secretNotFound()
    return found
  }
}

const valueOf = (value: unknown): string | Uint8Array =>
  typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value)

function put(
  secret: MemorySecret,
  id: string,
  { value, stages }: { value?: string | Uint8Array; stages: readonly string[] },
): void {
  const version = secret.versions.get(id) ?? { stages: new Set<string>() }
  secret.versions.set(id, version)
  if (value !== undefined) version.value = value
  for (const stage of stages) {
    for (const [otherId, other] of secret.versions) {
      if (otherId === id || !other.stages.delete(stage) || stage !== 'AWSCURRENT') continue
      for (const { stages: labels } of secret.versions.values()) labels.delete('AWSPREVIOUS')
      other.stages.add('AWSPREVIOUS')
    }
    version.stages.add(stage)
  }
  if (version.stages.has('AWSCURRENT')) version.stages.delete('AWSPREVIOUS')
}

/** @returns the JSON at a label */
export function jsonAt(secret: MemorySecret, stage: string): Record<string, string> {
  return JSON.parse(textAt(secret, stage)) as Record<string, string>
}

export function textAt(secret: MemorySecret, stage: string): string {
  const value = [...secret.versions.values()].find(({ stages }) => stages.has(stage))?.value
  if (typeof value !== 'string') throw new Error(`no text at ${stage}`)
  return value
}

export const eventOf = (secret: MemorySecret, id: string, Step: RotationStep): RotationEvent => ({
  Step,
  SecretId: secret.arn,
  ClientRequestToken: id,
  RotationToken: randomUUID(),
})

/** All four steps. */
export async function rotate(rotation: ManagedRotation, secrets: MemorySecrets, secret: MemorySecret): Promise<void> {
  const id = secrets.begin(secret)
  for (const step of ROTATION_STEPS) await rotation(eventOf(secret, id, step))
}
