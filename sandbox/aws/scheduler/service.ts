/**
 * EventBridge Scheduler as the functions call it.
 * @module
 */
import { partitionOf } from '../../../lambda/core/domain/names.ts'
import type { Ledger } from '../../iam/ledger.ts'
import { isObject, parseJson, SandboxProblem, type JsonObject } from '../../json.ts'
import {
  jsonError,
  type AwsAnswer,
  type AwsOperation,
  type AwsRequest,
  type AwsService,
  type Need,
} from '../service.ts'
import { InvalidSchedule, readSchedule, type Schedule, type SchedulePlace } from './schedule.ts'
import { SCHEDULER_SERVICE, type Scheduler } from './schedules.ts'

const CONTENT_TYPE = 'application/json'
const NAME = /^[0-9A-Za-z_.-]{1,64}$/

const OPERATIONS: Readonly<Record<string, string>> = {
  POST: 'CreateSchedule',
  PUT: 'UpdateSchedule',
  GET: 'GetSchedule',
  DELETE: 'DeleteSchedule',
}

export interface SchedulerServiceOptions {
  readonly scheduler: Scheduler
  readonly ledger: Ledger
}

export class SchedulerService implements AwsService {
  readonly signingName = 'scheduler'
  readonly actionPrefix = 'scheduler'
  readonly operations = Object.values(OPERATIONS)
  readonly deniedStatus = 403
  readonly #options: SchedulerServiceOptions

  constructor(options: SchedulerServiceOptions) {
    this.#options = options
  }

  error(status: number, code: string, message: string): AwsAnswer {
    return jsonError(status, code, message, { contentType: CONTENT_TYPE })
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const url = new URL(request.url, 'http://scheduler')
    const [, encoded] = /^\/schedules\/([^/]+)$/.exec(url.pathname) ?? []
    const name = Object.hasOwn(OPERATIONS, request.method) ? OPERATIONS[request.method] : undefined
    if (encoded === undefined || name === undefined) return undefined
    const hasBody = request.method === 'POST' || request.method === 'PUT'
    const body = hasBody ? parseJson(request.body.toString('utf8')) : {}
    if (!isObject(body)) return undefined
    const place = placeOf(request, decodeURIComponent(encoded), body.GroupName ?? url.searchParams.get('groupName'))
    return {
      name,
      needs: [{ action: `scheduler:${name}`, resource: place.arn }, ...(hasBody ? passRole(body) : [])],
      perform: async () => this.#perform(name, place, body, request.caller.name),
    }
  }

  #perform(operation: string, place: SchedulePlace, body: JsonObject, caller: string): AwsAnswer {
    const { scheduler } = this.#options
    if (!NAME.test(place.name)) return this.error(400, 'ValidationException', 'The name of the schedule is not valid.')
    if (scheduler.group(place.group, place.region) === undefined)
      return this.error(404, 'ResourceNotFoundException', `Schedule group ${place.group} does not exist.`)
    const before = scheduler.find(place.arn)
    if (operation === 'CreateSchedule' && before !== undefined)
      return this.error(409, 'ConflictException', `Schedule ${place.name} already exists.`)
    if (operation !== 'CreateSchedule' && before === undefined)
      return this.error(404, 'ResourceNotFoundException', `Schedule ${place.name} does not exist.`)
    if (operation === 'DeleteSchedule') {
      scheduler.remove(place.arn)
      return success({})
    }
    if (operation === 'GetSchedule' && before !== undefined) return success(presented(before))
    return this.#put(place, body, before?.createdAt, caller)
  }

  #put(place: SchedulePlace, body: JsonObject, createdAt: number | undefined, caller: string): AwsAnswer {
    const { scheduler, ledger } = this.#options
    const { name, region } = place
    const suspect = (reason: string): AwsAnswer => {
      const action = `scheduler:${createdAt === undefined ? 'Create' : 'Update'}Schedule`
      ledger.violation({ function: caller, region, action, resource: place.arn, reason })
      return this.error(400, 'ValidationException', reason)
    }
    try {
      const now = scheduler.now()
      const schedule = readSchedule(body, place, { createdAt: createdAt ?? now, now })
      const problem = this.#problemOf(schedule, now)
      if (problem !== undefined) return suspect(problem)
      scheduler.put(schedule)
      return success({ ScheduleArn: place.arn })
    } catch (error) {
      if (error instanceof InvalidSchedule) return this.error(400, 'ValidationException', error.message)
      if (error instanceof SandboxProblem) return suspect(`schedule ${name}: ${error.message}`)
      throw error
    }
  }

  /** What would not work when the time has come: told now. */
  #problemOf(schedule: Schedule, now: number): string | undefined {
    const { scheduler } = this.#options
    const { at, expression, target } = schedule
    const role = scheduler.role(target.roleArn)
    if (role === undefined || !scheduler.mayTakeOn(role, schedule))
      return 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.'
    // What comes of a moment that is over is nowhere documented.
    if (at <= now) return `The schedule ${expression} is for a moment that has passed`
    if (scheduler.machine(target.arn) === undefined) return `The sandbox does not know the target ${target.arn}`
    return undefined
  }
}

function placeOf({ region, caller }: AwsRequest, name: string, given: unknown): SchedulePlace {
  const group = typeof given === 'string' ? given : 'default'
  const { account } = caller
  const arn = `arn:${partitionOf(region)}:scheduler:${region}:${account}:schedule/${group}/${name}`
  return { arn, name, group, region, account }
}

/** The role that a schedule's target is invoked under is passed to Scheduler by the caller. */
function passRole({ Target: target }: JsonObject): readonly Need[] {
  const role = isObject(target) ? target.RoleArn : undefined
  if (typeof role !== 'string') return []
  return [{ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': SCHEDULER_SERVICE } }]
}

const presented = ({ arn, name, group, createdAt, changedAt, given }: Schedule): JsonObject => ({
  ...given,
  Arn: arn,
  Name: name,
  GroupName: group,
  CreationDate: createdAt / 1000,
  LastModificationDate: changedAt / 1000,
})

const success = (body: JsonObject): AwsAnswer => ({
  status: 200,
  headers: { 'content-type': CONTENT_TYPE },
  body: JSON.stringify(body),
})
