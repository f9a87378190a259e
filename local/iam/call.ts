/**
 * What an IAM operation gets to work with, and the form of a row of the operation table: nothing runs that does not say first on what it is to be authorized.
 * @module
 */
import type { KeyValue } from '../../lambda/auth/condition-context.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { Identities } from '../identities/identities.ts'
import type { Account, EntityTag } from '../identities/model.ts'
import type { OperationName, OperationTypes } from './model/iam.types.generated.ts'

export interface IamMeans {
  readonly identities: Pick<Identities, 'store' | 'authorizer' | 'mfa' | 'passwordAttempts'>
  readonly entropy: Entropy
  /** Wall time, epoch milliseconds: of creation dates and codes. */
  readonly now: () => number
  /** The domain's clock: of `aws:CurrentTime`. */
  readonly clock: Clock
}

export interface IamCall<Input> {
  readonly input: Input
  readonly principal: Principal
  /** The caller's own account as the call found it; a change gets it afresh. */
  readonly account: Account
  readonly means: IamMeans
  /** Changes the account by a pure step, which may be refused. It is, where the targets are no longer what was authorized: names can have gone to others. */
  readonly change: <T>(work: (account: Account) => Changed<T>) => Promise<T>
}

export interface Changed<T> {
  readonly account: Account
  readonly result: T
}

/** What policies call the thing that a call is about. */
export interface Target {
  readonly arn: string
  /** Unique id of the user, group or role that it is; absent: there is none yet, or it is none of these. */
  readonly id?: string
  /** How an error names it, which is how the request does; by default the ARN. */
  readonly shown?: string
  readonly tags?: readonly EntityTag[]
}

export type Targets = readonly [Target, ...Target[]]

export interface IamOperation<Input, Output> {
  /** All of them must be allowed. */
  readonly on: (call: IamCall<Input>) => Target | Targets
  /** Condition keys of the service that only some actions have. */
  readonly keys?: (call: IamCall<Input>) => Readonly<Record<string, KeyValue>>
  /** Tags of the request, as the conditions see them. */
  readonly tags?: (input: Input) => RequestTags
  /** Actions that this very request needs beside its own. */
  readonly also?: (input: Input) => readonly string[]
  /** What an operation without an output returns is not looked at. */
  readonly run: (call: IamCall<Input>) => Result<Output> | Promise<Result<Output>>
}

type Result<Output> = Output extends undefined ? unknown : Output

export interface RequestTags {
  readonly given?: readonly EntityTag[]
  readonly keys: readonly string[]
}

export type IamOperations = {
  readonly [Name in OperationName]: IamOperation<OperationTypes[Name]['input'], OperationTypes[Name]['output']>
}
