/**
 * Rounds of: start the command on one data directory, let sixteen clients write, stop it by a signal at a moment chosen by the count of acknowledged writes,
 * start again, compare.
 * @module
 */
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes, randomUUID } from 'node:crypto'
import { ADMIN, ChildCoffer, type Exit } from '../support/child-coffer.ts'
import { Refusal, WireClient } from '../support/wire-client.ts'
import { Writer, type seededRandom } from './writers.ts'

const WRITERS = 16

export interface Round {
  readonly exit: Exit
  readonly acknowledged: number
  /** Differences found after the round before this one. */
  readonly problems: readonly string[]
}

export class LoadUnderStop {
  readonly #dataDir: string
  readonly #random: ReturnType<typeof seededRandom>
  readonly #writers: readonly Writer[]
  /** One secret that all write to: version id -> value of what was acknowledged, and of what was not. */
  readonly #shared = { name: '', acknowledged: new Map<string, string>(), unanswered: new Map<string, string>() }
  #acknowledged = 0
  #stopAt = 0
  #stop: () => void = () => undefined

  constructor(dataDir: string, random: ReturnType<typeof seededRandom>) {
    this.#dataDir = dataDir
    this.#random = random
    const count = (): void => this.#count()
    this.#writers = Array.from({ length: WRITERS }, (_, index) => new Writer(`writer-${index}`, random, count))
  }

  /** Starts, compares with what the round before left, writes, stops. */
  async round(signal: 'SIGKILL' | 'SIGTERM'): Promise<Round> {
    const coffer = await ChildCoffer.start({ dataDir: this.#dataDir })
    const client = clientFor(coffer)
    const problems = await this.#check(client, { all: false })
    this.#acknowledged = 0
    this.#stopAt = 20 + Math.floor(this.#random() * 400)
    this.#stop = () => coffer.kill(signal)
    await this.#newSharedSecret(client)
    await Promise.all([...this.#writers.map((writer) => writer.run(client)), this.#share(client), this.#share(client)])
    client.close()
    return { exit: await coffer.exited, acknowledged: this.#acknowledged, problems }
  }

  /** What a torn write leaves at the end of the log: a frame that was never whole. */
  tearLog(): void {
    const log = join(this.#dataDir, 'coffer.db-wal')
    if (existsSync(log)) appendFileSync(log, randomBytes(1 + Math.floor(this.#random() * 6000)))
  }

  /** After the last round: every secret that was ever written. */
  async finish(): Promise<readonly string[]> {
    const coffer = await ChildCoffer.start({ dataDir: this.#dataDir })
    const client = clientFor(coffer)
    try {
      const afterStop = await this.#check(client, { all: false })
      await Promise.all(this.#writers.map((writer) => writer.restoreAll(client)))
      return [...afterStop, ...(await this.#check(client, { all: true }))]
    } finally {
      client.close()
      await coffer.stop()
    }
  }

  async #check(client: WireClient, { all }: { all: boolean }): Promise<readonly string[]> {
    const problems = await Promise.all(this.#writers.map((writer) => writer.check(client, { all })))
    return [...problems.flat(), ...(await this.#checkShared(client)), ...(await this.#checkList(client))]
  }

  #count(): void {
    this.#acknowledged++
    if (this.#acknowledged === this.#stopAt) this.#stop()
  }

  async #newSharedSecret(client: WireClient): Promise<void> {
    const name = `shared/${randomUUID()}`
    await client.call('CreateSecret', { Name: name, ClientRequestToken: randomUUID() })
    this.#shared.name = name
    this.#shared.acknowledged.clear()
    this.#shared.unanswered.clear()
  }

  /** Puts values beside others that do the same, up to what a secret holds. */
  async #share(client: WireClient): Promise<void> {
    const { name, acknowledged, unanswered } = this.#shared
    for (let count = 0; count < 45; count++) {
      const [ClientRequestToken, SecretString] = [randomUUID(), randomUUID()]
      unanswered.set(ClientRequestToken, SecretString)
      try {
        await client.call('PutSecretValue', { SecretId: name, ClientRequestToken, SecretString })
      } catch (error) {
        if (error instanceof Refusal) throw error
        return
      }
      unanswered.delete(ClientRequestToken)
      acknowledged.set(ClientRequestToken, SecretString)
    }
  }

  async #checkShared(client: WireClient): Promise<string[]> {
    const { name, acknowledged, unanswered } = this.#shared
    if (name === '') return []
    const possible = new Map([...acknowledged, ...unanswered])
    const { Versions } = (await client.call('ListSecretVersionIds', {
      SecretId: name,
      IncludeDeprecated: true,
      MaxResults: 100,
    })) as { Versions: { VersionId: string; VersionStages?: string[] }[] }
    const found = new Set(Versions.map(({ VersionId }) => VersionId))
    const problems = [...acknowledged.keys()].filter((id) => !found.has(id)).map((id) => `${name}: ${id} is lost`)
    for (const id of found) {
      const { SecretString } = await client.call('GetSecretValue', { SecretId: name, VersionId: id })
      if (SecretString !== possible.get(id)) problems.push(`${name}: ${id} has a value that nobody wrote`)
    }
    const current = Versions.filter(({ VersionStages }) => VersionStages?.includes('AWSCURRENT'))
    if (found.size > 0 && current.length !== 1) problems.push(`${name}: ${current.length} versions are current`)
    return problems
  }

  async #checkList(client: WireClient): Promise<string[]> {
    const listed = new Set<unknown>()
    let NextToken: unknown
    do {
      const input = { IncludePlannedDeletion: true, MaxResults: 100, ...(NextToken !== undefined && { NextToken }) }
      const page = await client.call('ListSecrets', input)
      for (const { Name } of page.SecretList as { Name: string }[]) listed.add(Name)
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    const names = this.#writers.flatMap((writer) => writer.names)
    const writersOnly = [...listed].filter((name) => String(name).startsWith('writer-'))
    return [
      ...names.filter((name) => !listed.has(name)).map((name) => `${name} is not listed`),
      ...writersOnly.filter((name) => !names.includes(String(name))).map((name) => `${String(name)} is listed`),
    ]
  }
}

const clientFor = ({ url }: ChildCoffer): WireClient =>
  new WireClient({ endpoint: url, credentials: ADMIN, sockets: WRITERS + 2 })
