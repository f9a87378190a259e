/**
 * What a secret holds, as an observer of the whole world sees it: written from the specification, without the core's own comparisons.
 * @module
 */
import { openEnvelope, parseEnvelope } from '../../../lambda/core/envelope.ts'
import { arnOf } from '../../../lambda/core/domain/names.ts'
import type { SecretHead, Version } from '../../../lambda/core/domain/secret.ts'
import { valueKey, type SimulatedTable } from './simulated-table.ts'
import type { KeyWorld } from './simulated-keys.ts'

/** Of the head, without what is each Region's own: keys, the day of the last read, replication. */
const descriptions = new WeakMap<SecretHead, string>()

export function describedContent(head: SecretHead): string {
  const known = descriptions.get(head)
  if (known !== undefined) return known
  const { description, tags, policy, type, versions } = head
  const text = JSON.stringify({
    description: description ?? '',
    tags: tags ?? [],
    policy: policy?.text ?? '',
    type: type ?? '',
    versions: versions
      .map(({ id, createdAt, stages, value }) => [
        id,
        createdAt,
        [...stages].sort(),
        stages.length > 0 && value.kind !== 'none',
      ])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  })
  descriptions.set(head, text)
  return text
}

export class Contents {
  readonly #table: SimulatedTable
  readonly #keys: KeyWorld
  readonly #opened = new WeakMap<Uint8Array, string>()

  constructor(table: SimulatedTable, keys: KeyWorld) {
    this.#table = table
    this.#keys = keys
  }

  /** The sealed bytes; undefined where they are missing, or the version has none. */
  sealedOf({ key, suffix }: SecretHead, { value }: Version): Uint8Array | undefined {
    if (value.kind === 'none') return undefined
    if (value.kind === 'inline') return value.sealed
    return this.#table.own(key.region).values.get(valueKey(key.name, suffix, value.id))?.sealed
  }

  /** Whatever state the key is in; undefined where nothing can be opened. */
  valueOf(head: SecretHead, version: Version): string | undefined {
    const sealed = this.sealedOf(head, version)
    if (!sealed) return undefined
    const known = this.#opened.get(sealed)
    if (known !== undefined) return known
    const context = { SecretARN: arnOf(head), SecretVersionId: version.id }
    try {
      const parts = parseEnvelope(sealed, context)
      const dataKey = this.#keys.unwrap({ id: idOf(parts.keyArn) }, context, parts.wrapped)
      if (!dataKey) return undefined
      const value = Buffer.from(openEnvelope(parts, context, dataKey).reveal()).toString()
      this.#opened.set(sealed, value)
      return value
    } catch {
      return undefined
    }
  }

  /** ARN of the key that a version is sealed under. */
  keyOf(head: SecretHead, version: Version): string | undefined {
    const sealed = this.sealedOf(head, version)
    if (!sealed) return undefined
    try {
      return parseEnvelope(sealed, { SecretARN: arnOf(head), SecretVersionId: version.id }).keyArn
    } catch {
      return undefined
    }
  }

  /** In what a copy is not like its primary; undefined for nothing. */
  difference(copy: SecretHead, primary: SecretHead): string | undefined {
    const [here, there] = [describedContent(copy), describedContent(primary)]
    if (here !== there) return `${here} is not ${there}`
    for (const version of primary.versions) {
      const own = copy.versions.find(({ id }) => id === version.id)
      if (version.stages.length === 0 && own?.value.kind === 'none') continue
      const [wanted, found] = [this.valueOf(primary, version), own && this.valueOf(copy, own)]
      if (wanted !== found) return `version ${version.id}: ${found ?? 'no value'} is not ${wanted ?? 'no value'}`
    }
    return undefined
  }
}

const idOf = (keyArn: string): string => keyArn.slice(keyArn.indexOf(':key/') + 5)
