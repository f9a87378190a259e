/**
 * What the templates of a deployment come to: every resource that the sandbox plays, read and resolved once.
 * @module
 */
import { DEFAULT_ACCOUNT } from './account.ts'
import { readTable, type TableDefinition } from './aws/dynamodb/table-definition.ts'
import { readScheduleGroup, type ScheduleGroup } from './aws/scheduler/schedule-group.ts'
import { SCHEDULER_SERVICE } from './aws/scheduler/schedules.ts'
import { readTopic, type Topic } from './aws/sns/topic.ts'
import { readStateMachine, type StateMachine } from './aws/states/state-machine.ts'
import { readFunction, type FunctionDefinition } from './functions/definition.ts'
import { apisOf, type Api } from './gateway/api.ts'
import { readEventSource, type EventSourceDefinition } from './events/event-source.ts'
import { readRule, type Rule } from './events/schedules.ts'
import { invokePermissions, rolesOf, type Role } from './iam/role.ts'
import type { ServiceAccess } from './iam/service-access.ts'
import { SandboxProblem } from './json.ts'
import type { Resource, Stack } from './template/assembly.ts'
import { DeploymentValues, isCustom, Resolver, type CustomResourceAnswer } from './template/resolver.ts'

export class Deployment {
  readonly account: string
  readonly regions: readonly string[]
  readonly tables: readonly TableDefinition[]
  readonly functions: readonly FunctionDefinition[]
  readonly stateMachines: readonly StateMachine[]
  readonly scheduleGroups: readonly ScheduleGroup[]
  readonly topics: readonly Topic[]
  /** All roles of the templates, by ARN. */
  readonly rolesByArn: ReadonlyMap<string, Role>
  /** By the ARN or name that the permission gives. */
  readonly permissions: ReadonlyMap<string, readonly ServiceAccess[]>
  readonly #resolvers: readonly Resolver[]
  readonly #values = new DeploymentValues()

  /** @param stacks in the order of their deployment @throws {SandboxProblem} */
  constructor(stacks: readonly Stack[]) {
    this.account = stacks.find(({ account }) => account !== undefined)?.account ?? DEFAULT_ACCOUNT
    this.#resolvers = stacks.map((stack) => new Resolver(stack, stack.account ?? this.account, this.#values))
    this.regions = [...new Set(stacks.map(({ region }) => region))]
    for (const resolver of this.#resolvers) resolver.publishExports()
    this.tables = this.#each(['AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table'], readTable)
    const roles = new Map<string, Role>(this.#resolvers.flatMap((resolver) => [...rolesOf(resolver)]))
    this.functions = this.#each(['AWS::Lambda::Function'], (resolver, resource) =>
      readFunction(resolver, resource, roles),
    )
    this.rolesByArn = roles
    this.stateMachines = this.#each(['AWS::StepFunctions::StateMachine'], (resolver, resource) =>
      readStateMachine(resolver, resource, roles),
    )
    this.scheduleGroups = this.#each(['AWS::Scheduler::ScheduleGroup'], readScheduleGroup)
    this.topics = this.#each(['AWS::SNS::Topic'], readTopic)
    if (this.functions.length === 0) throw new SandboxProblem('There is no function in the templates')
    this.permissions = new Map(
      this.#resolvers.flatMap((resolver) =>
        [...invokePermissions(resolver)].map(([target, access]) => [this.#arnOf(target, resolver), access] as const),
      ),
    )
  }

  /** In order; each is known to what comes after it. */
  async createCustomResources(
    create: (resolver: Resolver, resource: Resource) => Promise<CustomResourceAnswer>,
  ): Promise<void> {
    for (const resolver of this.#resolvers)
      for (const resource of resolver.stack.resources.values())
        if (isCustom(resource.type) && resolver.exists(resource))
          this.#values.answered(resolver.stack, resource.logicalId, await create(resolver, resource))
  }

  // What may hang on the answer of a custom resource is read after they were made.

  apis(): readonly Api[] {
    return this.#resolvers.flatMap(apisOf)
  }

  eventSources(): readonly EventSourceDefinition[] {
    return this.#each(['AWS::Lambda::EventSourceMapping'], readEventSource).filter((source) => source !== undefined)
  }

  rules(): readonly Rule[] {
    return this.#each(['AWS::Events::Rule'], readRule).filter((rule) => rule !== undefined)
  }

  /** Of the functions, each once. */
  get roles(): readonly Role[] {
    return [...new Map(this.functions.map(({ role }) => [role.arn, role])).values()]
  }

  /** Roles that EventBridge Scheduler may take on, with the Regions of their stacks. */
  get scheduleRoles(): readonly { readonly role: Role; readonly region: string }[] {
    return this.#resolvers.flatMap((resolver) =>
      [...rolesOf(resolver).keys()].flatMap((arn) => {
        const role = this.rolesByArn.get(arn)
        const isForScheduler = role?.trust.some(({ service }) => service === SCHEDULER_SERVICE) === true
        return role !== undefined && isForScheduler ? [{ role, region: resolver.stack.region }] : []
      }),
    )
  }

  functionNamed(target: string, region: string): FunctionDefinition | undefined {
    const name = target.startsWith('arn:') ? target.split(':')[6] : target
    const place = target.startsWith('arn:') ? target.split(':')[3] : region
    return this.functions.find((definition) => definition.name === name && definition.region === place)
  }

  #each<T>(types: readonly string[], read: (resolver: Resolver, resource: Resource) => T): T[] {
    return this.#resolvers.flatMap((resolver) =>
      resolver.resources(...types).map((resource) => read(resolver, resource)),
    )
  }

  #arnOf(target: string, { stack }: Resolver): string {
    return target.startsWith('arn:') ? target : (this.functionNamed(target, stack.region)?.arn ?? target)
  }
}
