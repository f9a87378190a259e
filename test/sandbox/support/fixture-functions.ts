/**
 * Functions for tests, written to a folder as their bundle would be.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SandboxClock } from '../../../sandbox/clock.ts'
import { FunctionHost, type FunctionHostOptions } from '../../../sandbox/functions/function-host.ts'
import type { FunctionDefinition } from '../../../sandbox/functions/definition.ts'
import { LogBuffer } from '../../../sandbox/functions/log-buffer.ts'
import { readPolicy } from '../../../sandbox/iam/policy-document.ts'
import { entropy } from '../../support/keyring-fixture.ts'
import { ACCOUNT, REGION } from './fixture-stack.ts'

export interface HostFixture {
  readonly host: FunctionHost
  readonly logs: LogBuffer
  readonly clock: SandboxClock
  readonly define: (name: string, code: string, more?: Partial<FunctionDefinition>) => FunctionDefinition
}

/** Everything that it starts and writes is gone after the suite. */
export function hostFixture(options: Partial<FunctionHostOptions> = {}): HostFixture {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-test-'))
  const clock = new SandboxClock()
  const logs = new LogBuffer()
  const host = new FunctionHost({
    clock,
    entropy,
    logs,
    threads: 2,
    longestTimeoutMs: 10_000,
    awsEndpoint: () => 'http://127.0.0.1:1',
    onInvoked: () => undefined,
    ...options,
  })
  afterAll(async () => {
    await host.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const define: HostFixture['define'] = (name, code, more = {}) => {
    const codeFolder = join(folder, name)
    mkdirSync(codeFolder)
    writeFileSync(join(codeFolder, 'index.js'), code)
    const definition = { ...definitionOf(name), codeFolder, ...more }
    host.add(definition)
    return definition
  }
  return { host, logs, clock, define }
}

export function definitionOf(name: string, actions: readonly string[] = []): FunctionDefinition {
  const Statement = actions.map((Action) => ({ Effect: 'Allow', Action, Resource: '*' }))
  return {
    name,
    arn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
    region: REGION,
    account: ACCOUNT,
    role: {
      logicalId: 'Role',
      stack: 'Stack',
      arn: `arn:aws:iam::${ACCOUNT}:role/test/${name}`,
      name,
      id: 'AROATEST',
      account: ACCOUNT,
      policies: actions.length === 0 ? [] : [readPolicy({ Version: '2012-10-17', Statement }, 'policy', 'identity')],
      trust: [],
      trustPolicy: '{}',
    },
    handler: 'index.handler',
    codeFolder: '/nowhere',
    environment: { GREETING: 'hello' },
    timeoutMs: 5000,
    memoryMb: 128,
    reservedConcurrency: undefined,
    logGroup: `/aws/lambda/${name}`,
    logVariables: {},
  }
}
