import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyAccount } from '../../../local/identities/model.ts'
import { OutsideFunctions, readFunctionWish } from '../../../sandbox/functions/outside-functions.ts'
import { entropy } from '../../support/keyring-fixture.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { callersFixture, type CallersFixture } from '../support/fixture-callers.ts'
import { hostFixture } from '../support/fixture-functions.ts'
import { ACCOUNT, REGION } from '../support/fixture-stack.ts'

const makeDirectory = suiteDirectories()
const { host, clock } = hostFixture()
let fixture: CallersFixture
let outside: OutsideFunctions
beforeAll(async () => {
  fixture = await callersFixture([emptyAccount(ACCOUNT)])
  outside = new OutsideFunctions({
    host,
    callers: fixture.callers,
    entropy,
    account: ACCOUNT,
    regions: [REGION, 'us-west-2'],
    isTaken: (arn) => arn.endsWith(':coffer-own'),
    environment: () => ({ SECRETS_MANAGER_ENDPOINT: 'http://127.0.0.1:1/v1' }),
  })
})
afterAll(() => {
  outside.stop()
  fixture.close()
})

const add = (given: object) => outside.add(readFunctionWish(given, 'function'))
async function invoke(arn: string, event: unknown = {}): Promise<unknown> {
  const outcome = await host.invoke(host.find(arn)!, JSON.stringify(event))
  return outcome.kind === 'answered' ? JSON.parse(outcome.payload) : outcome
}

it('run with the session of a role of their own, told where the API is and nothing of the services behind it', async () => {
  const arn = await add({
    name: 'rotate',
    code: 'exports.handler = async () => process.env',
    environment: { OWN: 'yes' },
  })
  expect(arn).toBe(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:rotate`)
  const environment = (await invoke(arn)) as Record<string, string>
  expect(environment).toMatchObject({
    OWN: 'yes',
    SECRETS_MANAGER_ENDPOINT: 'http://127.0.0.1:1/v1',
    AWS_REGION: REGION,
    AWS_LAMBDA_FUNCTION_NAME: 'rotate',
  })
  expect(environment).not.toHaveProperty('AWS_ENDPOINT_URL')
  const { AWS_ACCESS_KEY_ID: id, AWS_SESSION_TOKEN: token } = environment
  const session = fixture.callers.sessions.open(id!, token!)
  expect(session?.principal.arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/rotate-role/rotate`)
  // It is no function of the deployment: the proxy does not know its credentials.
  expect(host.holderOf(id!)).toBeUndefined()
  const role = fixture.callers.store.account(ACCOUNT).roles.get('rotate-role')
  expect(role?.inline.get('policy')).toContain('secretsmanager:*')
})

it('live in wall time, whatever the clock of the deployment says', async () => {
  const arn = await add({ name: 'clock', code: 'exports.handler = async () => Date.now()' })
  clock.advance(86_400_000)
  expect(Math.abs(((await invoke(arn)) as number) - Date.now())).toBeLessThan(60_000)
})

it('find the SDK, as in Lambda’s runtime', async () => {
  const arn = await add({
    name: 'sdk',
    code: `const { SecretsManagerClient } = require('@aws-sdk/client-secrets-manager')
      exports.handler = async () => typeof SecretsManagerClient`,
  })
  expect(await invoke(arn)).toBe('function')
  const missing = await add({ name: 'missing', code: "require('left-pad'); exports.handler = async () => 1" })
  expect(await invoke(missing)).toMatchObject({ errorMessage: expect.stringContaining('left-pad') as string })
})

it('may be a file, with a handler of another name', async () => {
  const file = join(makeDirectory(), 'turn.js')
  writeFileSync(file, 'exports.turn = async (event) => event.Step')
  const arn = await add({ name: 'filed', file, handler: 'turn', region: 'us-west-2' })
  expect(arn).toContain(':us-west-2:')
  expect(await invoke(arn, { Step: 'createSecret' })).toBe('createSecret')
})

it('are replaced under their name: other code, the same role', async () => {
  const roleId = () => fixture.callers.store.account(ACCOUNT).roles.get('again-role')?.id
  const arn = await add({ name: 'again', code: 'exports.handler = async () => 1' })
  expect(await invoke(arn)).toBe(1)
  const first = roleId()
  await add({ name: 'again', code: 'exports.handler = async () => 2', policy: null })
  expect(await invoke(arn)).toBe(2)
  expect(roleId()).toBe(first)
})

it('that were replaced have ended, with all that they had begun', async () => {
  const beat = join(makeDirectory(), 'beat')
  const code = `setInterval(() => require('node:fs').appendFileSync(${JSON.stringify(beat)}, '.'), 5)
    exports.handler = async () => 1`
  const arn = await add({ name: 'beating', code })
  await invoke(arn)
  const size = () => statSync(beat, { throwIfNoEntry: false })?.size ?? 0
  while (size() === 0) await sleep(5)
  await add({ name: 'beating', code: 'exports.handler = async () => 2' })
  expect(await invoke(arn)).toBe(2)
  const atEnd = size()
  await sleep(100)
  expect(size()).toBe(atEnd)
})

it('have the policy that lets Secrets Manager in, another one, or none', async () => {
  const code = 'exports.handler = async () => 1'
  const usual = await add({ name: 'usual', code })
  expect(JSON.parse(outside.policyOf(usual)!)).toMatchObject({
    Statement: [{ Principal: { Service: 'secretsmanager.amazonaws.com' }, Resource: usual }],
  })
  const own = await add({ name: 'own', code, policy: { Version: '2012-10-17', Statement: [] } })
  expect(outside.policyOf(own)).toBe('{"Version":"2012-10-17","Statement":[]}')
  expect(outside.policyOf(await add({ name: 'own', code, policy: null }))).toBeUndefined()
})

it.each<[string, object, string]>([
  ['neither code nor file', { name: 'x' }, 'a code or a file'],
  ['both', { name: 'x', code: '', file: 'y' }, 'a code or a file'],
  ['a strange name', { name: '../x', code: '' }, 'letters, digits'],
  ['an unknown field', { name: 'x', code: '', runtime: 'python' }, 'not runtime'],
  ['a day of time', { name: 'x', code: '', timeoutSeconds: 86_400 }, 'from 1 to 900'],
  ['a file that there is not', { name: 'x', file: '/nowhere/x.js' }, 'There is no file'],
  ['a Region where nothing is', { name: 'x', code: '', region: 'ap-south-1' }, 'not in ap-south-1'],
  ['the name of a function of the deployment', { name: 'coffer-own', code: '' }, 'function of the deployment'],
  [
    'a role policy that is none',
    { name: 'x', code: '', rolePolicy: { Statement: [{ Effect: 'Maybe' }] } },
    'the role of x',
  ],
])('%s is refused', async (_, given, message) => {
  await expect((async () => add(given))()).rejects.toThrow(message)
})

it('leave no code behind', async () => {
  const arn = await add({ name: 'folder', code: 'exports.handler = async () => __dirname' })
  const folder = (await invoke(arn)) as string
  expect(existsSync(folder)).toBe(true)
  outside.stop()
  expect(existsSync(folder)).toBe(false)
})
