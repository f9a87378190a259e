/**
 * The embedded Coffer, put together: data directory, master key, services, signature check, HTTP.
 * @module
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../lambda/core/ports/clock.ts'
import { VirtualClock, wallClock } from './clock.ts'
import { composeServices, type Compose } from './compose.ts'
import {
  ConfigProblem,
  DEFAULT_ACCOUNT,
  takenVariables,
  type Environment,
  type EnvironmentSecrets,
  type ServeConfig,
} from './config.ts'
import { DataDirectoryProblem, openDataDirectory } from './data-directory.ts'
import { endpointsOf } from './endpoints.ts'
import { systemEntropy } from '../lambda/adapters/system-entropy.ts'
import { AdminProblem, type Admin, type AdminStore, type AdminWish } from './identities/admin.ts'
import { IAM_REGION } from './iam/authorize.ts'
import { iamApi } from './iam/iam-service.ts'
import { credentialsOf } from './identities/credentials.ts'
import type { IdentitiesFileWatch, IdentitiesFileWatchOptions } from './identities/identities-file-watch.ts'
import { identitiesOf } from './identities/identities.ts'
import { Log } from './log/log.ts'
import type { Output } from './log/output.ts'
import { FrontDoor } from './server/front-door.ts'
import { HttpServer, type TlsFiles } from './server/http-server.ts'
import { Metrics } from './server/metrics.ts'
import { SignatureVerifier } from './sigv4/verify.ts'
import { SweepTimer } from './sweep-timer.ts'
import { openVault, type Vault } from './vault.ts'
import { version } from './version.ts'
import { firstWelcome, laterWelcome } from './welcome.ts'

export interface StartOptions {
  readonly config: ServeConfig
  readonly secrets: EnvironmentSecrets
  /** The variables that the identities file may name. */
  readonly environment?: Environment
  /** Where the log and the welcome go. */
  readonly output: Output
  /** Other services in place of the real ones: for tests of the server itself. */
  readonly compose?: Compose
}

export interface RunningCoffer {
  readonly url: string
  readonly admin: Admin
  /** The domain's clock; a {@link VirtualClock} when `config.clock` was given. */
  readonly clock: Clock
  readonly log: Log
  /** Reads the identities file again, whether it has changed or not; an error is logged and changes nothing. */
  readonly reloadIdentities: () => Promise<void>
  /** Everything that is due by the domain's clock has been done when this resolves. */
  readonly sweep: () => Promise<void>
  /** Lets running requests finish, then closes the data. */
  readonly close: () => Promise<void>
}

/** The address could not be had. */
export class ListenProblem extends Error {
  override readonly name = 'ListenProblem'
}

/** @throws {ConfigProblem} {DataDirectoryProblem} {ListenProblem} */
export async function startCoffer(options: StartOptions): Promise<RunningCoffer> {
  const { config, secrets, output } = options
  const tls = readTls(config)
  const directory = openDataDirectory(config.dataDir)
  // The first start shows the admin secret once it serves: it should not fail on a taken port after it has made one.
  if (directory.isNew) await listening(config, () => probe(config))
  const vault = await openVault(directory, secrets)
  try {
    return await serve({ ...options, log: new Log({ format: config.logFormat, output, wallClock }) }, vault, tls)
  } catch (error) {
    vault.database.close()
    throw error
  }
}

async function serve(
  { config, secrets, environment = {}, output, log, compose = composeServices }: StartOptions & { readonly log: Log },
  vault: Vault,
  tls: TlsFiles | undefined,
): Promise<RunningCoffer> {
  const { database, masterKey, store, admins } = vault
  const { admin, isNew } = await ensureAdmin(admins, {
    ...(config.account === undefined ? {} : { account: config.account }),
    ...(secrets.adminKey === undefined ? {} : { accessKey: secrets.adminKey }),
    defaultAccount: DEFAULT_ACCOUNT,
  })
  const identities = identitiesOf({ store, masterKey, entropy: systemEntropy, now: () => wallClock.now() })
  const file =
    config.identities === undefined
      ? undefined
      : await fileWatch({ path: config.identities, store, log, variable: takenVariables(environment) })
  await file?.load()
  const clock = config.clock === undefined ? wallClock : new VirtualClock(config.clock)
  const metrics = new Metrics()
  let address = ''
  const services = compose({
    config,
    database,
    masterKey,
    clock,
    entropy: systemEntropy,
    log,
    identities,
    metrics,
    adminAccount: admin.account,
    eventWebhookKey: secrets.eventWebhookKey,
    url: () => address,
  })
  const sweeper = new SweepTimer(services.sweep, log)

  const regions = new Set(config.regions)
  const verifier = new SignatureVerifier({
    credentials: credentialsOf(store, identities.sessions),
    wallClock,
    servesRegion: (region, service) => regions.has(region) || (service === iamApi.name && region === IAM_REGION),
  })
  const moveClock = async (virtual: VirtualClock, time: number): Promise<void> => {
    if (services.rotations) await services.rotations.moveClock(virtual, time)
    else virtual.moveTo(time)
    await sweeper.run()
    await services.replications?.replicator.drain()
  }
  const endpoints = endpointsOf({
    services,
    identities,
    admin,
    clock,
    metrics,
    moveClock,
    lambda: services.lambda,
  })
  const door = new FrontDoor({ endpoints, verifier, log, metrics })
  const onFault = (error: unknown): void => log.fault(error, { during: 'accept' })
  const server = new HttpServer({ door, host: config.host, port: config.port, tls, onFault })
  const url = await listening(config, () => server.listen())
  address = url
  sweeper.start()
  services.rotations?.start()
  services.replications?.replicator.start()
  file?.watch()

  const region = regions.has('us-east-1') ? 'us-east-1' : (config.regions[0] ?? '')
  const isChosen = secrets.adminKey !== undefined
  const welcome = { url, region, admin, isChosen, dataDir: config.dataDir }
  log.event('start', { version, url, account: admin.account, keyMode: config.keyMode, node: process.versions.node })
  log.say(isNew ? firstWelcome(welcome) : laterWelcome(welcome))
  log.say(`ready ${url}`)

  return {
    url,
    admin,
    clock,
    log,
    reloadIdentities: async () => file?.reload(true),
    sweep: async () => {
      await services.rotations?.drain()
      await sweeper.run()
      await services.replications?.replicator.drain()
    },
    close: async () => {
      file?.close()
      await server.close()
      await sweeper.stop()
      await services.close()
      database.close()
      log.event('stop')
      await output.close()
    },
  }
}

/** On the first start the admin is the only identity. */
async function ensureAdmin(admins: AdminStore, wish: AdminWish): ReturnType<AdminStore['ensure']> {
  try {
    return await admins.ensure(wish)
  } catch (error) {
    throw error instanceof AdminProblem ? new DataDirectoryProblem(error.message, { cause: error }) : error
  }
}

/** What reads the file, YAML above all, takes ten megabytes: who has none need not load it. */
async function fileWatch(options: IdentitiesFileWatchOptions): Promise<IdentitiesFileWatch> {
  const { IdentitiesFileWatch: Watch } = await import('./identities/identities-file-watch.ts')
  return new Watch(options)
}

function readTls({ tls }: ServeConfig): TlsFiles | undefined {
  if (tls === undefined) return undefined
  const files = {
    cert: readPem('--tls-cert (COFFER_TLS_CERT)', tls.cert),
    key: readPem('--tls-key (COFFER_TLS_KEY)', tls.key),
  }
  try {
    createSecureContext(files)
  } catch (cause) {
    throw new ConfigProblem(
      `${tls.cert} and ${tls.key} do not make a TLS server: expected a PEM certificate chain and its unencrypted PEM private key`,
      { cause },
    )
  }
  return files
}

function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ConfigProblem(`${option} is ${path}, which cannot be read`, { cause })
  }
}

async function listening<T>({ host, port }: ServeConfig, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    const why = LISTEN_REASONS[code] ?? `it cannot be listened on (${code}).`
    throw new ListenProblem(`${host} port ${port}: ${why}`, { cause })
  }
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program is listening there. Stop it, or choose a port with --port (0 takes a free one).',
  EADDRNOTAVAIL: 'this machine has no such address. Choose one with --host.',
  EACCES: 'this user may not listen there. Choose a port from 1024 up with --port.',
  ENOTFOUND: 'there is no such host. Choose an address with --host.',
  EAI_AGAIN: 'there is no such host. Choose an address with --host.',
}

function probe({ host, port }: ServeConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port }, () => server.close(() => resolve()))
  })
}
