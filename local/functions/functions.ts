/**
 * The Lambda functions of an embedded Coffer, put together: registry, code, runner, the Lambda API, and what rotation asks for.
 * @module
 */
import { join } from 'node:path'
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { MasterKey } from '../../lambda/adapters/embedded/keyring/master-key.ts'
import { EMBEDDED_MANAGED_NAME } from '../../lambda/core/managed-function.ts'
import { randomUuid } from '../../lambda/core/domain/random-id.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { FunctionService } from '../../lambda/core/ports/functions.ts'
import { wallClock } from '../clock.ts'
import type { Identities } from '../identities/identities.ts'
import { sealerOf } from '../identities/sealer.ts'
import type { Log } from '../log/log.ts'
import type { SignedEndpoint } from '../server/endpoint.ts'
import { CodeStore } from './code-store.ts'
import { FunctionHost, type Runner } from './function-host.ts'
import { FunctionRegistry } from './function-registry.ts'
import { remoteFunctions } from './remote-functions.ts'
import { rotationFunctions } from './rotation-functions.ts'
import { FunctionRunner } from './runtime/function-runner.ts'
import { lambdaEndpoint } from './wire/lambda-service.ts'

export interface FunctionsOptions {
  readonly database: Database
  readonly masterKey: Pick<MasterKey, 'derive'>
  readonly identities: Identities
  readonly config: {
    readonly dataDir: string
    /** Where functions are run that are not known here. */
    readonly lambdaUrl?: string
    /** Path or name of the Python that runs functions. */
    readonly python?: string
    /** Who may bring code; by default the admin's account. */
    readonly functions?: 'admin' | 'all' | 'off'
  }
  /** The account of the server's admin; absent: any account counts as it. */
  readonly adminAccount?: string | undefined
  /** The domain's. */
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  /** Where functions reach this Coffer; asked only when one is run. */
  readonly url: () => string
  /** Name of the function that is managed rotation, which no other function may have. */
  readonly managedName?: string
  /** In place of the real one: for tests. */
  readonly runner?: Runner
}

export interface Functions {
  readonly service: FunctionService
  readonly endpoint: SignedEndpoint
  /** Ends every process of a function. The database is closed after it. */
  readonly close: () => Promise<void>
}

/** Of the data directory. */
const FOLDER = 'functions'

export function functionsOf(options: FunctionsOptions): Functions {
  const {
    database,
    masterKey,
    identities,
    config,
    clock,
    entropy,
    log,
    url,
    managedName = EMBEDDED_MANAGED_NAME,
  } = options
  const registry = new FunctionRegistry({ database, sealer: sealerOf(masterKey.derive('functions')) })
  const code = new CodeStore({ root: join(config.dataDir, FOLDER), newId: () => randomUuid(entropy) })
  code.sweep(registry.codeIds())
  const now = (): number => wallClock.now()
  const runner =
    options.runner ?? new FunctionRunner({ ...(config.python !== undefined && { python: config.python }), now })
  const whyNoCode = (account: string): 'off' | 'not-admin' | undefined => {
    if (config.functions === 'off') return 'off'
    const isAdmin = options.adminAccount === undefined || account === options.adminAccount
    return config.functions === 'all' || isAdmin ? undefined : 'not-admin'
  }
  const onFault = (error: unknown): void => log.fault(error, { during: 'functions' })
  const host = new FunctionHost({ runner, code, identities, url, onFault })
  const remote = config.lambdaUrl === undefined ? undefined : remoteFunctions({ url: config.lambdaUrl })
  return {
    service: rotationFunctions({ registry, host, managedName, remote }),
    endpoint: lambdaEndpoint({
      whyNoCode,
      registry,
      managedName,
      code,
      host,
      runner,
      identities,
      entropy,
      now,
      clock,
    }),
    close: () => runner.close(),
  }
}
