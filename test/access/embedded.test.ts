import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readServeConfig } from '../../local/config.ts'
import { hashPassword } from '../../local/identities/passwords.ts'
import { startCoffer, type RunningCoffer } from '../../local/start.ts'
import { MemoryOutput } from '../local/support/memory-output.ts'
import { ADMIN } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import type { Json } from './access-case.ts'
import { HOME } from './names.ts'
import { accessSuite } from './suite.ts'

const makeDirectory = suiteDirectories()
const output = new MemoryOutput()
let dataDir: string
let coffer: RunningCoffer

const PASSWORD = 'PaSsWoRd-of-somebody-who-signs-in'

/** Somebody who signs in: on AWS nobody does. */
async function withPassword(document: Json): Promise<Json> {
  const { accounts } = document as { readonly accounts: Readonly<Record<string, { readonly users: Json }>> }
  const users = { ...accounts[HOME]!.users, keeper: { passwordHash: await hashPassword(PASSWORD) } }
  return { accounts: { ...accounts, [HOME]: { ...accounts[HOME], users } } }
}

/** @returns what must not be seen anywhere */
async function signIn(url: string): Promise<Readonly<Record<string, string>>> {
  const ask = (password: string): Promise<Response> =>
    fetch(`${url}/_coffer/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'keeper', password }),
    })
  const wrong = `${PASSWORD}-but-wrong`
  expect((await ask(wrong)).status).toBe(400)
  const answer = await ask(PASSWORD)
  expect(answer.status).toBe(200)
  const { secretAccessKey, sessionToken } = (await answer.json()) as Record<string, string>
  return {
    password: PASSWORD,
    'wrong password': wrong,
    'key of keeper': secretAccessKey!,
    'token of keeper': sessionToken!,
  }
}

accessSuite('embedded Coffer', {
  region: 'eu-central-1',
  start: async (document) => {
    dataDir = makeDirectory()
    const identities = join(makeDirectory(), 'identities.json')
    writeFileSync(identities, JSON.stringify(await withPassword(document)))
    const flags = { port: '0', dataDir, identities, account: HOME, logFormat: 'json' }
    coffer = await startCoffer({ config: readServeConfig(flags, {}), secrets: { adminKey: ADMIN }, output })
    return { endpoint: coffer.url, admin: ADMIN, isAws: false, canaries: await signIn(coffer.url) }
  },
  stop: async () => {
    const metrics = await (await fetch(`${coffer.url}/metrics`)).text()
    await coffer.close()
    return { texts: { log: output.text, metrics }, directories: [dataDir] }
  },
})
