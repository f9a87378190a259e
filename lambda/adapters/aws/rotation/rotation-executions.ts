/**
 * Starts executions of the workflow. Their names are made of the secret and of which start it is, so that one start has one execution, however often it is asked for: a name is refused for 90 days.
 * @module
 */
import { StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn'
import type { ExecutionInput } from '../../../core/rotation/workflow.ts'
import { hashOf, rotationArns, type RotationPlace } from './rotation-names.ts'

export interface RotationExecutionsOptions {
  readonly client: Pick<SFNClient, 'send'>
  readonly place: RotationPlace
}

export interface WantedExecution {
  readonly secretArn: string
  readonly input: ExecutionInput
  /** Tells this start from another of the same run: when a run was last looked at, of one that is taken over. */
  readonly since?: number
}

export class RotationExecutions {
  readonly #client: Pick<SFNClient, 'send'>
  readonly #stateMachine: string

  constructor({ client, place }: RotationExecutionsOptions) {
    this.#client = client
    this.#stateMachine = rotationArns(place).stateMachine
  }

  /** @returns false where it was started before @throws what the client throws */
  async start({ secretArn, input, since }: WantedExecution): Promise<boolean> {
    try {
      await this.#client.send(
        new StartExecutionCommand({
          stateMachineArn: this.#stateMachine,
          name: hashOf(secretArn, input.run, ...(since === undefined ? [] : [since])),
          input: JSON.stringify(input),
        }),
      )
      return true
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionAlreadyExists') return false
      throw error
    }
  }
}
