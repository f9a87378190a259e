/**
 * The secret in rotation, as a step sees it: what it is, which versions are staged, and their values.
 * @module
 */
import type {
  DescribeSecretResponse,
  GetRandomPasswordRequest,
  GetSecretValueResponse,
} from '../core/model/secrets-manager.types.generated.ts'
import type { RotationEvent } from '../core/ports/functions.ts'
import { badValue } from './database-secret.ts'
import { RotationError } from './rotation-error.ts'
import type { SecretAccess } from './secret-access.ts'
import { parseSettings, type RotationSettings } from './settings.ts'

const CURRENT = 'AWSCURRENT'
const PENDING = 'AWSPENDING'
const PREVIOUS = 'AWSPREVIOUS'

export class StagedSecret {
  readonly #secrets: SecretAccess
  readonly #event: RotationEvent
  readonly #description: DescribeSecretResponse

  /** @throws {RotationError} RotationNotEnabled, VersionNotPending when the event belongs to no rotation that runs */
  static async open(secrets: SecretAccess, event: RotationEvent): Promise<StagedSecret> {
    const description = await secrets.DescribeSecret({ SecretId: event.SecretId })
    const staged = new StagedSecret(secrets, event, description)
    const name = JSON.stringify(staged.name)
    if (description.RotationEnabled !== true) {
      throw new RotationError('RotationNotEnabled', `Rotation is not enabled for the secret ${name}.`)
    }
    if (!staged.isCurrent && !staged.#stages.includes(PENDING)) {
      const problem = `The secret ${name} has no version ${JSON.stringify(event.ClientRequestToken)} that is staged ${PENDING}`
      throw new RotationError('VersionNotPending', `${problem}: the rotation was abandoned or has ended.`)
    }
    return staged
  }

  constructor(secrets: SecretAccess, event: RotationEvent, description: DescribeSecretResponse) {
    this.#secrets = secrets
    this.#event = event
    this.#description = description
  }

  get arn(): string {
    return this.#description.ARN ?? this.#event.SecretId
  }

  get name(): string {
    return this.#description.Name ?? this.#event.SecretId
  }

  get step(): RotationEvent['Step'] {
    return this.#event.Step
  }

  get versionId(): string {
    return this.#event.ClientRequestToken
  }

  get settings(): RotationSettings {
    return parseSettings(this.#description.ExternalSecretRotationMetadata)
  }

  /** Whether the version that is rotated to has become the current one already. */
  get isCurrent(): boolean {
    return this.#stages.includes(CURRENT)
  }

  /** @throws {RotationError} BadSecretValue when there is none, or one of bytes */
  async current(): Promise<string> {
    const value = await this.#value({ VersionStage: CURRENT })
    return value ?? missing(CURRENT)
  }

  /** @throws {RotationError} BadSecretValue */
  async pending(): Promise<string> {
    return (await this.pendingIfAny()) ?? missing(PENDING)
  }

  pendingIfAny(): Promise<string | undefined> {
    return this.#value({ VersionId: this.versionId, VersionStage: PENDING })
  }

  /** Undefined also for bytes: a value of another kind, from before. */
  async previousIfAny(): Promise<string | undefined> {
    return (await this.#answer({ VersionStage: PREVIOUS }))?.SecretString
  }

  async randomPassword(request: GetRandomPasswordRequest): Promise<string> {
    const { RandomPassword = '' } = await this.#secrets.GetRandomPassword(request)
    return RandomPassword
  }

  async putPending(value: string): Promise<void> {
    await this.#secrets.PutSecretValue({
      SecretId: this.arn,
      ClientRequestToken: this.versionId,
      SecretString: value,
      VersionStages: [PENDING],
      RotationToken: this.#event.RotationToken,
    })
  }

  /** Moves AWSCURRENT to the version. */
  async makeCurrent(): Promise<void> {
    const versions = Object.entries(this.#description.VersionIdsToStages ?? {})
    const holder = versions.find(([, stages]) => stages.includes(CURRENT))?.[0]
    await this.#secrets.UpdateSecretVersionStage({
      SecretId: this.arn,
      VersionStage: CURRENT,
      MoveToVersionId: this.versionId,
      ...(holder !== undefined && { RemoveFromVersionId: holder }),
    })
  }

  /** Takes AWSPENDING off the version, which is no longer pending. */
  async clearPending(): Promise<void> {
    if (!this.#stages.includes(PENDING)) return
    await this.#secrets.UpdateSecretVersionStage({
      SecretId: this.arn,
      VersionStage: PENDING,
      RemoveFromVersionId: this.versionId,
    })
  }

  get #stages(): readonly string[] {
    return this.#description.VersionIdsToStages?.[this.versionId] ?? []
  }

  async #value(which: Which): Promise<string | undefined> {
    const answer = await this.#answer(which)
    if (answer === undefined) return undefined
    if (answer.SecretString !== undefined) return answer.SecretString
    throw badValue(`The ${which.VersionStage} value`, 'is binary; managed rotation takes texts')
  }

  #answer(which: Which): Promise<GetSecretValueResponse | undefined> {
    return this.#secrets.GetSecretValue({ SecretId: this.arn, ...which }).catch(unlessNotFound)
  }
}

interface Which {
  readonly VersionId?: string
  readonly VersionStage: string
}

/** An empty version reads as not found, too. */
function unlessNotFound(error: unknown): undefined {
  if (RotationError.from(error).name !== 'ResourceNotFoundException') throw error
}

function missing(stage: string): never {
  throw badValue(`The ${stage} value`, 'is missing')
}
