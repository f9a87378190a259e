/**
 * CloudFormation's intrinsic functions over the templates of one deployment. What is not known is an error that names its place: a silently empty
 * text would make a policy or an environment that no account would have.
 * @module
 */
import { partitionOf } from '../../lambda/core/domain/names.ts'
import { isObject, listOf, numberOf, objectOf, SandboxProblem, textOf, type JsonObject } from '../json.ts'
import type { Resource, Stack } from './assembly.ts'
import { attributeOf, refOf, type Placed } from './attributes.ts'

/** What a custom resource answered: known after its function ran. */
export interface CustomResourceAnswer {
  readonly physicalId: string
  readonly data: JsonObject
}

/** The exports of all stacks and the answers of custom resources, shared by the resolvers of a deployment. */
export class DeploymentValues {
  readonly #exports = new Map<string, string>()
  readonly #answers = new Map<string, CustomResourceAnswer>()

  export(region: string, name: string, value: string): void {
    this.#exports.set(`${region}/${name}`, value)
  }

  imported(region: string, name: string): string | undefined {
    return this.#exports.get(`${region}/${name}`)
  }

  answered(stack: Stack, logicalId: string, answer: CustomResourceAnswer): void {
    this.#answers.set(`${stack.region}/${stack.name}/${logicalId}`, answer)
  }

  answerOf(stack: Stack, logicalId: string): CustomResourceAnswer | undefined {
    return this.#answers.get(`${stack.region}/${stack.name}/${logicalId}`)
  }
}

export const isCustom = (type: string): boolean =>
  type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource'

/** Stands for a property that is to be left out. */
const NO_VALUE = Symbol('AWS::NoValue')

export class Resolver {
  readonly stack: Stack
  readonly account: string
  readonly #values: DeploymentValues

  constructor(stack: Stack, account: string, values: DeploymentValues) {
    this.stack = stack
    this.account = account
    this.#values = values
  }

  /** @throws {SandboxProblem} */
  resolve(value: unknown, place: string): unknown {
    const resolved = this.#resolve(value, place)
    return resolved === NO_VALUE ? undefined : resolved
  }

  properties(resource: Resource): JsonObject {
    return objectOf(this.resolve(resource.properties, resource.logicalId), resource.logicalId)
  }

  /** One property of a resource; the others may not be known yet. */
  property(resource: Resource, name: string): unknown {
    return this.resolve(resource.properties[name], `${resource.logicalId}.${name}`)
  }

  /** Resources of a type whose condition holds. */
  resources(...types: readonly string[]): readonly Resource[] {
    return [...this.stack.resources.values()].filter(
      (resource) => types.includes(resource.type) && this.exists(resource),
    )
  }

  exists({ condition }: Resource): boolean {
    return condition === undefined || this.#condition(condition)
  }

  ref(logicalId: string): string {
    return textOf(this.#ref(logicalId), `Ref ${logicalId}`)
  }

  attribute(logicalId: string, attribute: string): string {
    return textOf(this.#attribute(logicalId, attribute), `${logicalId}.${attribute}`)
  }

  /** Makes the stack's exports known to the stacks after it. */
  publishExports(): void {
    for (const [name, output] of Object.entries(this.stack.outputs)) {
      const { Value: value, Export: exported } = objectOf(output, `Outputs.${name}`)
      if (exported === undefined) continue
      const exportName = textOf(this.resolve(objectOf(exported, name).Name, `Outputs.${name}`), `Outputs.${name}`)
      this.#values.export(
        this.stack.region,
        exportName,
        textOf(this.resolve(value, `Outputs.${name}`), `Outputs.${name}`),
      )
    }
  }

  #resolve(value: unknown, place: string): unknown {
    if (Array.isArray(value))
      return value
        .map((entry, index) => this.#resolve(entry, `${place}[${index}]`))
        .filter((entry) => entry !== NO_VALUE)
    if (!isObject(value)) return value
    const [name, ...more] = Object.keys(value)
    if (
      name !== undefined &&
      more.length === 0 &&
      (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'))
    ) {
      if (name !== 'Condition') return this.#call(name, value[name], place)
      // In a policy, `Condition` is an element that may stand alone; as a function it names a condition.
      if (typeof value[name] === 'string') return this.#condition(value[name])
    }
    const entries = Object.entries(value).map(([key, entry]) => [key, this.#resolve(entry, `${place}.${key}`)] as const)
    return Object.fromEntries(entries.filter(([, entry]) => entry !== NO_VALUE))
  }

  #call(name: string, argument: unknown, place: string): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(textOf(argument, `${place} Ref`))
      case 'Fn::GetAtt': {
        const [logicalId, ...attribute] =
          typeof argument === 'string'
            ? argument.split('.')
            : listOf(argument, place).map((part) => textOf(part, place))
        return this.#attribute(logicalId ?? '', attribute.join('.'))
      }
      case 'Fn::Join': {
        const [separator, parts] = listOf(argument, place)
        return listOf(this.#resolve(parts, place), place)
          .map((part) => textIn(part, place))
          .join(textOf(separator, place))
      }
      case 'Fn::Sub':
        return this.#substitute(argument, place)
      case 'Fn::Select': {
        const [index, list] = listOf(this.#resolve(argument, place), place)
        const chosen = listOf(list, place)[numberOf(index, place)]
        if (chosen === undefined) throw new SandboxProblem(`${place}: Fn::Select finds nothing at ${String(index)}`)
        return chosen
      }
      case 'Fn::Split': {
        const [separator, text] = listOf(this.#resolve(argument, place), place)
        return textOf(text, place).split(textOf(separator, place))
      }
      case 'Fn::If': {
        const [condition, yes, no] = listOf(argument, place)
        return this.#resolve(this.#condition(textOf(condition, place)) ? yes : no, place)
      }
      case 'Fn::Equals': {
        const [a, b] = listOf(this.#resolve(argument, place), place)
        return a === b
      }
      case 'Fn::Not':
        return this.#resolve(listOf(argument, place)[0], place) !== true
      case 'Fn::And':
        return listOf(argument, place).every((part) => this.#resolve(part, place) === true)
      case 'Fn::Or':
        return listOf(argument, place).some((part) => this.#resolve(part, place) === true)
      case 'Fn::ImportValue': {
        const exportName = textOf(this.#resolve(argument, place), place)
        const value = this.#values.imported(this.stack.region, exportName)
        if (value === undefined)
          throw new SandboxProblem(`${place}: no stack before ${this.stack.name} exports ${exportName}`)
        return value
      }
      case 'Fn::FindInMap': {
        const [map, first, second] = listOf(this.#resolve(argument, place), place).map((part) => textOf(part, place))
        const found = objectOf(objectOf(this.stack.mappings[map ?? ''], place)[first ?? ''], place)[second ?? '']
        if (found === undefined) throw new SandboxProblem(`${place}: Fn::FindInMap finds nothing`)
        return found
      }
      default:
        throw new SandboxProblem(`${place}: the sandbox does not know the function ${name}`)
    }
  }

  #substitute(argument: unknown, place: string): string {
    const [template, own] = typeof argument === 'string' ? [argument, {}] : listOf(argument, place)
    const variables = objectOf(own ?? {}, place)
    return textOf(template, place).replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`
      if (Object.hasOwn(variables, name)) return textIn(this.#resolve(variables[name], place), place)
      const [logicalId = '', ...attribute] = name.split('.')
      return textIn(
        attribute.length === 0 ? this.#ref(logicalId) : this.#attribute(logicalId, attribute.join('.')),
        place,
      )
    })
  }

  #condition(name: string): boolean {
    const condition = this.stack.conditions[name]
    if (condition === undefined) throw new SandboxProblem(`${this.stack.name} has no condition ${name}`)
    return this.#resolve(condition, `Conditions.${name}`) === true
  }

  #ref(name: string): unknown {
    const pseudo = this.#pseudoParameter(name)
    if (pseudo !== undefined) return pseudo
    const parameter = this.stack.parameters[name]
    if (parameter !== undefined) {
      const { Default: value, Type: type } = objectOf(parameter, name)
      if (value === undefined || textOf(type, name).startsWith('AWS::SSM::'))
        throw new SandboxProblem(`Ref ${name}: the sandbox gives no value to this parameter of ${this.stack.name}`)
      return value
    }
    const placed = this.#placed(name)
    if (!isCustom(placed.resource.type)) return refOf(placed)
    return this.#answerOf(name).physicalId
  }

  #attribute(logicalId: string, attribute: string): unknown {
    const placed = this.#placed(logicalId)
    if (!isCustom(placed.resource.type)) return attributeOf(placed, attribute)
    const { data } = this.#answerOf(logicalId)
    if (!Object.hasOwn(data, attribute))
      throw new SandboxProblem(
        `Fn::GetAtt ${logicalId}.${attribute}: the custom resource did not answer with this member`,
      )
    return data[attribute]
  }

  #answerOf(logicalId: string): CustomResourceAnswer {
    const answer = this.#values.answerOf(this.stack, logicalId)
    if (answer === undefined) throw new SandboxProblem(`${logicalId} is used before its custom resource has answered`)
    return answer
  }

  #pseudoParameter(name: string): unknown {
    const { region } = this.stack
    switch (name) {
      case 'AWS::AccountId':
        return this.account
      case 'AWS::Region':
        return region
      case 'AWS::Partition':
        return partitionOf(region)
      case 'AWS::URLSuffix':
        return urlSuffixOf(region)
      case 'AWS::StackName':
        return this.stack.name
      case 'AWS::StackId':
        return `arn:${partitionOf(region)}:cloudformation:${region}:${this.account}:stack/${this.stack.name}/sandbox`
      case 'AWS::NoValue':
        return NO_VALUE
      default:
        return undefined
    }
  }

  #placed(logicalId: string): Placed {
    const resource = this.stack.resources.get(logicalId)
    if (resource === undefined) throw new SandboxProblem(`${this.stack.name} has no resource or parameter ${logicalId}`)
    const { region, name: stack } = this.stack
    return {
      resource,
      stack,
      region,
      account: this.account,
      partition: partitionOf(region),
      urlSuffix: urlSuffixOf(region),
      text: (property) => {
        const value = this.property(resource, property)
        return value === undefined ? undefined : textOf(value, `${logicalId}.${property}`)
      },
    }
  }
}

const urlSuffixOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com')

function textIn(value: unknown, place: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return textOf(value, place)
}
