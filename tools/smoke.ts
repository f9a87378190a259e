/**
 * A smoke test of a deployed Coffer: `npm run smoke -- --url <api>`. It makes one secret with a name of its own, uses it with the caller's credentials, and
 * deletes it, whatever went wrong between. No value is printed, no other secret is touched, nothing is rotated.
 *
 * Exit codes: 0 everything worked, 1 something did not.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { Command } from 'commander'
import { createSecretsManager, EndpointProblem } from '../client/index.ts'
import { Disagreement, explain, mayHaveBeenDone, named } from './smoke/explain.ts'

interface Flags {
  readonly url?: string
  readonly region?: string
  readonly paths: 'operation' | 'root'
}

interface Step {
  readonly title: string
  /** @throws what the service says, or a {@link Disagreement} */
  readonly run: () => Promise<unknown>
}

/** Lists are read from an index, which follows within a moment. */
const LIST_PATIENCE_MS = 15_000
const LIST_INTERVAL_MS = 500
const CONNECT_MS = 5_000
/** One second more than API Gateway gives a function. */
const ANSWER_MS = 30_000

const EXAMPLES = `
Needs AWS credentials, as every AWS tool finds them, that may do execute-api:Invoke on the API, secretsmanager:ListSecrets, and
secretsmanager:* on secrets whose names begin with coffer-smoke/. New permissions in IAM count after two or three minutes.

Examples:
  $ npm run smoke -- --url https://abc123.execute-api.eu-central-1.amazonaws.com/v1
  $ npm run smoke -- --url https://secrets.example.com --region eu-central-1
  $ npm run smoke -- --url http://127.0.0.1:7766 --region us-east-1 --paths root`

const program = new Command('smoke')
  .description('use a deployed Coffer once, and leave nothing behind')
  .option('--url <url>', 'the URL of the API, with its stage (env: COFFER_URL)')
  .option('--region <region>', 'its Region, where the URL does not tell')
  .option('--paths <paths>', 'operation: POST /{Operation}, root: POST /', 'operation')
  .addHelpText('after', EXAMPLES)
  .action(async (flags: Flags) => {
    process.exitCode = (await smoke(flags)) ? 0 : 1
  })
/** @returns whether everything worked */
async function smoke(flags: Flags): Promise<boolean> {
  const began = performance.now()
  const url = flags.url ?? process.env.COFFER_URL ?? ''
  const interruption = new AbortController()
  process.once('SIGINT', () => interruption.abort())
  let client: SecretsManager
  try {
    client = clientFor(url, flags, flags.paths)
  } catch (error) {
    console.log(`smoke test failed: ${explain(error, url)}`)
    return false
  }
  const name = `coffer-smoke/${randomUUID()}`
  console.log(`${url}: using the secret ${name}`)
  const walk = new Walk(url, interruption.signal)
  try {
    for (const step of stepsFor(client, clientFor(url, flags, 'root'), name)) if (!(await walk.take(step))) break
  } finally {
    // The answer to the first request may have been lost: what was asked for may be there.
    if (!walk.isDone && walk.mayHaveMade) await walk.cleanUp(client, name)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`smoke test ${walk.isDone ? 'passed' : 'FAILED'}: ${walk.passed} steps worked, ${seconds} s`)
  return walk.isDone
}

function clientFor(url: string, { region, paths: asked }: Flags, paths: Flags['paths']): SecretsManager {
  if (!['operation', 'root'].includes(asked))
    throw new EndpointProblem(`--paths is ${JSON.stringify(asked)}, expected operation or root`)
  if (url === '')
    throw new EndpointProblem('--url (COFFER_URL) is missing: the URL of the API, as `cdk deploy` prints it')
  return createSecretsManager({
    endpoint: url,
    paths,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
    ...(region === undefined ? {} : { region }),
  })
}

/** Takes steps, prints how each went, and remembers what that means. */
class Walk {
  readonly #url: string
  readonly #signal: AbortSignal
  passed = 0
  isDone = false
  /** The secret may be there. */
  mayHaveMade = false

  constructor(url: string, signal: AbortSignal) {
    this.#url = url
    this.#signal = signal
  }

  /** @returns whether to go on */
  async take({ title, run }: Step): Promise<boolean> {
    const began = performance.now()
    const time = (): string => `${(performance.now() - began).toFixed(0)} ms`.padStart(8)
    try {
      if (this.#signal.aborted) throw new Disagreement('interrupted')
      await run()
      console.log(`ok   ${time()}  ${title}`)
      this.passed += 1
      this.mayHaveMade = true
      this.isDone = title === LAST_STEP
      return !this.isDone
    } catch (error) {
      console.log(`FAIL ${time()}  ${title}: ${explain(error, this.#url)}`)
      this.mayHaveMade ||= mayHaveBeenDone(error)
      return false
    }
  }

  async cleanUp(client: SecretsManager, name: string): Promise<void> {
    try {
      await client.deleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true })
      console.log(`     the secret ${name} is deleted`)
    } catch (error) {
      if (named(error) === 'ResourceNotFoundException') return
      console.log(`     THE SECRET ${name} MAY STILL BE THERE (${explain(error, this.#url)}). Delete it by hand:`)
      console.log(`     aws secretsmanager delete-secret --secret-id ${name} --force-delete-without-recovery`)
    }
  }
}

const LAST_STEP = 'delete it for good (DeleteSecret, GetSecretValue)'

function stepsFor(client: SecretsManager, frontDoor: SecretsManager, SecretId: string): Step[] {
  const values = { first: randomUUID(), second: randomUUID() }
  const versions: { first: string | undefined; second: string | undefined } = { first: undefined, second: undefined }
  const holds = async (reader: SecretsManager, VersionStage: string, value: string): Promise<void> => {
    const { SecretString } = await reader.getSecretValue({ SecretId, VersionStage })
    expectThat(SecretString === value, `${VersionStage} is not the value that was stored`)
  }
  return [
    {
      title: 'make a secret (CreateSecret)',
      run: async () => {
        const made = await client.createSecret({
          Name: SecretId,
          SecretString: values.first,
          Description: 'Made by the smoke test of Coffer, which deletes it',
        })
        expectThat(made.Name === SecretId && made.VersionId !== undefined, 'the answer is not for this secret')
        versions.first = made.VersionId
      },
    },
    { title: 'read it (GetSecretValue)', run: () => holds(client, 'AWSCURRENT', values.first) },
    { title: 'read it through the front door (POST /)', run: () => holds(frontDoor, 'AWSCURRENT', values.first) },
    {
      title: 'store a new version (PutSecretValue)',
      run: async () => {
        versions.second = (await client.putSecretValue({ SecretId, SecretString: values.second })).VersionId
        await holds(client, 'AWSCURRENT', values.second)
        await holds(client, 'AWSPREVIOUS', values.first)
      },
    },
    {
      title: 'describe it (DescribeSecret)',
      run: async () => {
        const { VersionIdsToStages = {} } = await client.describeSecret({ SecretId })
        const [current] = VersionIdsToStages[versions.second ?? ''] ?? []
        expectThat(current === 'AWSCURRENT', 'AWSCURRENT is not at the new version')
      },
    },
    { title: 'find it in a list (ListSecrets)', run: () => findInList(client, SecretId) },
    {
      title: 'tag it (TagResource, UntagResource)',
      run: async () => {
        await client.tagResource({ SecretId, Tags: [{ Key: 'purpose', Value: 'smoke' }] })
        const { Tags: tagged = [] } = await client.describeSecret({ SecretId })
        expectThat(tagged.length === 1 && tagged[0]?.Value === 'smoke', 'the tag is not there')
        await client.untagResource({ SecretId, TagKeys: ['purpose'] })
        const { Tags: untagged = [] } = await client.describeSecret({ SecretId })
        expectThat(untagged.length === 0, 'the tag is still there')
      },
    },
    {
      title: 'go back to the first version (UpdateSecretVersionStage)',
      run: async () => {
        const { first: MoveToVersionId, second: RemoveFromVersionId } = versions
        await client.updateSecretVersionStage({
          SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId,
          RemoveFromVersionId,
        })
        await holds(client, 'AWSCURRENT', values.first)
      },
    },
    {
      title: LAST_STEP,
      run: async () => {
        await client.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
        const after = await client.getSecretValue({ SecretId }).then(() => 'it can still be read', named)
        const isGone = after === 'ResourceNotFoundException' || after === 'InvalidRequestException'
        expectThat(isGone, `reading it afterwards ended with: ${after}`)
      },
    },
  ]
}

async function findInList(client: SecretsManager, name: string): Promise<void> {
  const until = performance.now() + LIST_PATIENCE_MS
  for (;;) {
    const { SecretList = [] } = await client.listSecrets({ Filters: [{ Key: 'name', Values: [name] }] })
    if (SecretList.some(({ Name }) => Name === name)) return
    expectThat(performance.now() < until, `it was not in the list for ${LIST_PATIENCE_MS / 1000} s`)
    await pause(LIST_INTERVAL_MS)
  }
}

function expectThat(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Disagreement(otherwise)
}

await program.parseAsync()
