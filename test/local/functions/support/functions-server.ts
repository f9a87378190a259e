/**
 * A server with identities and functions, and nothing else of Coffer: over a directory that outlives it.
 * @module
 */
import { createSecretKey, hash, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { zipSync, type Zippable } from 'fflate'
import { Database } from '../../../../lambda/adapters/embedded/database.ts'
import { systemEntropy } from '../../../../lambda/adapters/system-entropy.ts'
import { wallClock } from '../../../../local/clock.ts'
import type { Runner } from '../../../../local/functions/function-host.ts'
import { functionsOf } from '../../../../local/functions/functions.ts'
import { functionSchema } from '../../../../local/functions/schema.ts'
import { iamEndpoint } from '../../../../local/iam/iam-service.ts'
import { newAccessKey, newUniqueId } from '../../../../local/identities/access-keys.ts'
import { credentialsOf } from '../../../../local/identities/credentials.ts'
import { SqliteIdentityStore } from '../../../../local/identities/identity-store.ts'
import { identitiesOf } from '../../../../local/identities/identities.ts'
import type { Role, User } from '../../../../local/identities/model.ts'
import { newUser } from '../../../../local/identities/new-user.ts'
import { identityStoreSchema } from '../../../../local/identities/schema.ts'
import { sealerOf } from '../../../../local/identities/sealer.ts'
import { Log } from '../../../../local/log/log.ts'
import { jsonError, type SignedEndpoint } from '../../../../local/server/endpoint.ts'
import { FrontDoor } from '../../../../local/server/front-door.ts'
import { HttpServer } from '../../../../local/server/http-server.ts'
import { Metrics } from '../../../../local/server/metrics.ts'
import { SignatureVerifier } from '../../../../local/sigv4/verify.ts'
import { stsEndpoint } from '../../../../local/sts/service.ts'
import type { SigningCredentials } from '../../../../local/sigv4/sign.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { MemoryOutput } from '../../support/memory-output.ts'
import { StubRunner } from './stub-runner.ts'

export const ACCOUNT = '123456789012'
export const OTHER = '222222222222'
export const REGION = 'eu-west-1'
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/rotation`

const masterKey = { derive: (purpose: string): KeyObject => createSecretKey(hash('sha256', purpose, 'buffer')) }

export interface FunctionsServerOptions {
  readonly directory: string
  readonly runner?: Runner
  readonly lambdaUrl?: string
  /** By default every account may bring functions. */
  readonly functions?: 'admin' | 'all' | 'off'
}

export type Signer = SigningCredentials & { readonly arn: string }

export async function startFunctions({
  directory,
  runner = new StubRunner(),
  lambdaUrl,
  functions: bringing = 'all',
}: FunctionsServerOptions) {
  const database = new Database({
    path: join(directory, 'coffer.db'),
    migrations: [`${identityStoreSchema};${functionSchema}`],
  })
  const store = new SqliteIdentityStore({ database, sealer: sealerOf(masterKey.derive('identities')) })
  const now = (): number => wallClock.now()
  const identities = identitiesOf({ store, masterKey, entropy: systemEntropy, now })
  const clock = new ManualClock()
  const output = new MemoryOutput()
  const log = new Log({ format: 'json', output, wallClock })
  let url = ''
  const functions = functionsOf({
    database,
    masterKey,
    identities,
    config: { dataDir: directory, functions: bringing, ...(lambdaUrl !== undefined && { lambdaUrl }) },
    clock,
    entropy: systemEntropy,
    log,
    adminAccount: ACCOUNT,
    url: () => url,
    runner,
  })
  const verifier = new SignatureVerifier({
    credentials: credentialsOf(store, identities.sessions),
    wallClock,
    servesRegion: () => true,
  })
  const nothing: SignedEndpoint = {
    kind: 'signed',
    name: 'none',
    signingNames: ['none'],
    renderError: jsonError,
    serve: () => Promise.reject(new Error('not here')),
  }
  const endpoints = {
    secretsmanager: nothing,
    kms: nothing,
    sts: stsEndpoint({ identities, clock }),
    iam: iamEndpoint({ identities, entropy: systemEntropy, now, clock }),
    lambda: functions.endpoint,
    admin: new Map(),
    pages: new Map(),
    openCalls: new Map(),
  }
  const door = new FrontDoor({ endpoints, verifier, log, metrics: new Metrics() })
  const server = new HttpServer({ door, host: '127.0.0.1', port: 0, tls: undefined, onFault: () => undefined })
  url = await server.listen()
  const clients: LambdaClient[] = []

  /** A user with a policy of its own. @param statements none: it may do nothing */
  async function user(name: string, statements: readonly object[], account = ACCOUNT): Promise<Signer> {
    const key = newAccessKey(systemEntropy)
    const made: User = {
      ...newUser({ account, id: newUniqueId('AIDA', systemEntropy), name, createdAt: now() }),
      inline: new Map(statements.length === 0 ? [] : [['test', document(statements)]]),
      accessKeys: [{ ...key, status: 'Active', createdAt: now(), origin: 'api' }],
    }
    await store.change(account, (present) => ({
      account: { ...present, users: new Map(present.users).set(name, made) },
      result: undefined,
    }))
    return { ...key, arn: made.arn }
  }

  const admin = (account = ACCOUNT): Promise<Signer> =>
    user(`admin-${systemEntropy.below(1e9)}`, [{ Effect: 'Allow', Action: '*', Resource: '*' }], account)

  async function role(name: string, trusted: object = { Service: 'lambda.amazonaws.com' }, condition?: object) {
    const made: Role = {
      origin: 'api',
      id: newUniqueId('AROA', systemEntropy),
      name,
      path: '/',
      arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
      createdAt: now(),
      inline: new Map([['test', document([{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }])]]),
      attached: [],
      trustPolicy: document([
        {
          Effect: 'Allow',
          Principal: trusted,
          Action: 'sts:AssumeRole',
          ...(condition !== undefined && { Condition: condition }),
        },
      ]),
      tags: [],
      maxSessionSeconds: 3600,
    }
    await store.change(ACCOUNT, (present) => ({
      account: { ...present, roles: new Map(present.roles).set(name, made) },
      result: undefined,
    }))
    return made.arn
  }

  async function dropRole(name: string): Promise<void> {
    await store.change(ACCOUNT, (present) => {
      const roles = new Map(present.roles)
      roles.delete(name)
      return { account: { ...present, roles }, result: undefined }
    })
  }

  function client(credentials: SigningCredentials, region = REGION): LambdaClient {
    const made = new LambdaClient({ endpoint: url, region, credentials, maxAttempts: 1 })
    clients.push(made)
    return made
  }

  return {
    url,
    service: functions.service,
    identities,
    clock,
    output,
    user,
    admin,
    role,
    dropRole,
    client,
    close: async () => {
      for (const one of clients) one.destroy()
      await server.close()
      await functions.close()
      database.close()
    },
  }
}

export type FunctionsServer = Awaited<ReturnType<typeof startFunctions>>

const document = (statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

export const zip = (files: Readonly<Record<string, string>>): Buffer => {
  const entries: Zippable = {}
  for (const [name, text] of Object.entries(files)) entries[name] = Buffer.from(text)
  return Buffer.from(zipSync(entries))
}

export const CODE = zip({ 'index.mjs': 'export const handler = async (event) => event' })

/** What every function of the tests is made from. */
export const GIVEN = {
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
  Role: ROLE,
  Code: { ZipFile: CODE },
} as const
