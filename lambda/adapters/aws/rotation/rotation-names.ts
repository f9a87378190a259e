/**
 * What rotation is made of on AWS, by name: the stacks make it, and the functions find it, by the prefix of the deployment alone.
 * @module
 */
import { createHash } from 'node:crypto'
import { partitionOf } from '../../../core/domain/names.ts'
import { rolePath } from '../role-path.ts'

/** Where a deployment is. */
export interface RotationPlace {
  /** The prefix of all names. */
  readonly deployment: string
  readonly account: string
  readonly region: string
}

export const stateMachineName = (deployment: string): string => `${deployment}-rotation`
export const scheduleGroupName = (deployment: string): string => deployment
export const eventTopicName = (deployment: string): string => `${deployment}-events`
export const deadLetterQueueName = (deployment: string): string => `${deployment}-dead-letters`
/** The role that EventBridge Scheduler takes on. */
export const scheduleRoleName = (deployment: string, region: string): string =>
  `${deployment}-rotation-schedule-${region}`

export function rotationArns({ deployment, account, region }: RotationPlace) {
  const arn = (service: string, resource: string): string =>
    `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`
  return {
    stateMachine: arn('states', `stateMachine:${stateMachineName(deployment)}`),
    deadLetters: arn('sqs', deadLetterQueueName(deployment)),
    eventTopic: arn('sns', eventTopicName(deployment)),
    scheduleRole: `arn:${partitionOf(region)}:iam::${account}:role${rolePath(deployment)}${scheduleRoleName(deployment, region)}`,
  } as const
}

/** A schedule's name has 64 characters, an execution's 80; a secret's ARN has more, and others. */
export const hashOf = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')
