/**
 * The strategy for everything that is no known database: a new random value and, if wanted, a webhook that puts it to use.
 * @module
 */
import { isEngine, jsonObject } from '../database-secret.ts'
import { withMembers } from '../json-members.ts'
import { RotationError } from '../rotation-error.ts'
import { badSettings } from '../settings.ts'
import type { Strategy, Values } from './strategy.ts'
import type { Webhook } from './webhook.ts'

const DEFAULT_FIELD = 'password'

export interface GenericOptions {
  /** Member of the JSON to renew. */
  readonly field?: string
  readonly webhook?: Webhook
}

export function generic({ field, webhook }: GenericOptions): Strategy {
  const call = async (step: 'setSecret' | 'testSecret', { current, pending }: Values): Promise<void> => {
    demandWebhook(current)
    await webhook?.({ step, current: fieldOf(current, field), pending: fieldOf(pending, field) })
  }
  /** The password of a database, renewed in the secret alone, would be wrong. */
  const demandWebhook = (current: string): void => {
    const { engine } = jsonObject(current) ?? {}
    if (webhook !== undefined || !isEngine(engine)) return
    throw badSettings(
      'strategy is generic, and the value names a database by its `engine`, whose password would not be changed; leave strategy out, or give a webhookUrl that changes it',
    )
  }
  return {
    async next(current, password) {
      demandWebhook(current)
      const json = jsonObject(current)
      if (json === undefined && field === undefined) return password()
      fieldOf(current, field)
      return withMembers(current, { [field ?? DEFAULT_FIELD]: await password() })
    },
    set: (values) => call('setSecret', values),
    test: (values) => call('testSecret', values),
    retire: async () => undefined,
  }
}

/** What is renewed: the text as a whole, also where it is JSON but no object, or one member. @throws {RotationError} BadSecretValue */
function fieldOf(value: string, field: string | undefined): string {
  const json = jsonObject(value)
  if (json === undefined) {
    if (field === undefined) return value
    throw new RotationError('BadSecretValue', 'The value is no JSON object, so it has no `field`.')
  }
  const name = field ?? DEFAULT_FIELD
  const member = Object.hasOwn(json, name) ? json[name] : undefined
  if (typeof member === 'string') return member
  const advice = field === undefined ? '; say by the setting `field` which member to renew' : ''
  throw new RotationError('BadSecretValue', `The value has no text ${JSON.stringify(name)} among its members${advice}.`)
}
