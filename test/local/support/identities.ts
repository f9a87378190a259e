/**
 * IAM and STS without a server: the endpoints over identities in memory, and a clock for codes that a test moves.
 * @module
 */
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { iamEndpoint } from '../../../local/iam/iam-service.ts'
import { identitiesOf, type Identities } from '../../../local/identities/identities.ts'
import { emptyAccount, FileOwned, type Account, type IdentityStore } from '../../../local/identities/model.ts'
import { codeAt, seedBytes, stepAt } from '../../../local/identities/totp.ts'
import type { SignedEndpoint } from '../../../local/server/endpoint.ts'
import { stsEndpoint } from '../../../local/sts/service.ts'
import { ManualClock } from '../../support/manual-clock.ts'

export const ACCOUNT = '123456789012'
export const OTHER = '222222222222'

/** Kept in memory; `fileOwned` names entities that the file is to have declared. */
export class MemoryIdentityStore implements IdentityStore {
  readonly #accounts = new Map<string, Account>()
  readonly fileOwned = new Set<string>()

  accounts(): readonly string[] {
    return [...this.#accounts.keys()].sort()
  }

  account(id: string): Account {
    let account = this.#accounts.get(id)
    if (!account) this.#accounts.set(id, (account = emptyAccount(id)))
    return account
  }

  async change<T>(
    id: string,
    work: (account: Account) => { readonly account: Account; readonly result: T },
  ): Promise<T> {
    const before = this.account(id)
    const { account, result } = work(before)
    for (const name of this.fileOwned)
      if (before.users.get(name) !== account.users.get(name)) throw new FileOwned(`user ${name}`)
    this.#accounts.set(id, account)
    return result
  }
}

/** The API's error, as XML told it. */
export class QueryFailure extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, body: string) {
    super(unescape(/<Message>([^]*?)<\/Message>/.exec(body)?.[1] ?? body))
    this.status = status
    this.code = /<Code>(.*?)<\/Code>/.exec(body)?.[1] ?? '?'
  }
}

export interface Answer {
  readonly body: string
  /** The text of the first element of a name. */
  readonly text: (element: string) => string
  readonly texts: (element: string) => string[]
}

export type Parameters = Readonly<Record<string, string | number>>

const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' }

export function makeIdentities() {
  const clock = new ManualClock()
  const store = new MemoryIdentityStore()
  const now = (): number => clock.now()
  const masterKey = { derive: () => createSecretKey(randomBytes(32)) }
  const identities: Identities = identitiesOf({ store, masterKey, entropy: systemEntropy, now })
  const endpoints: Record<'iam' | 'sts', SignedEndpoint> = {
    iam: iamEndpoint({ identities, entropy: systemEntropy, now, clock }),
    sts: stsEndpoint({ identities, clock }),
  }

  /** @throws {QueryFailure} */
  async function call(
    service: 'iam' | 'sts',
    action: string,
    parameters: Parameters = {},
    principal: Principal = rootOf(ACCOUNT),
  ): Promise<Answer> {
    const entries = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)])
    const form = new URLSearchParams([['Action', action], ['Version', VERSIONS[service]], ...entries])
    const { status, body } = await endpoints[service].serve({
      method: 'POST',
      target: undefined,
      contentType: 'application/x-www-form-urlencoded',
      body: Buffer.from(form.toString()),
      principal,
      origin: { receivedAt: now(), sourceIp: '192.0.2.1', isSecure: true },
      region: 'eu-west-1',
      requestId: randomUUID(),
    })
    if (status !== 200) throw new QueryFailure(status, body)
    const texts = (element: string): string[] =>
      [...body.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text = '']) => unescape(text))
    return { body, texts, text: (element) => texts(element)[0] ?? '' }
  }

  const iam = (action: string, parameters?: Parameters, principal?: Principal): Promise<Answer> =>
    call('iam', action, parameters, principal)
  const sts = (action: string, parameters?: Parameters, principal?: Principal): Promise<Answer> =>
    call('sts', action, parameters, principal)

  /** Makes a user who may do what a policy says. */
  async function user(name: string, statement?: object, account = ACCOUNT): Promise<Principal> {
    await iam('CreateUser', { UserName: name }, rootOf(account))
    if (statement) await allow(name, statement, account)
    return principalOf(name, account)
  }

  async function allow(name: string, statement: object, account = ACCOUNT): Promise<void> {
    const parameters = { UserName: name, PolicyName: 'test', PolicyDocument: policy(statement) }
    await iam('PutUserPolicy', parameters, rootOf(account))
  }

  function principalOf(name: string, account = ACCOUNT): Principal {
    const { arn, id } = store.account(account).users.get(name.toLowerCase())!
    return { account, arn, userId: id, accessKeyId: `AKIA${id.slice(4)}` }
  }

  /** Enables a device for a user. @returns its serial number, and codes that were not used yet */
  async function mfa(userName: string): Promise<{ readonly serialNumber: string; readonly code: () => string }> {
    const made = await iam('CreateVirtualMFADevice', { VirtualMFADeviceName: userName })
    const seed = seedBytes(Buffer.from(made.text('Base32StringSeed'), 'base64').toString('latin1'))!
    const serialNumber = made.text('SerialNumber')
    const [AuthenticationCode1, AuthenticationCode2] = [-1, 0].map((offset) => codeAt(seed, stepAt(now()) + offset))
    await iam('EnableMFADevice', {
      UserName: userName,
      SerialNumber: serialNumber,
      AuthenticationCode1: AuthenticationCode1!,
      AuthenticationCode2: AuthenticationCode2!,
    })
    return {
      serialNumber,
      code: () => {
        clock.advance(30_000)
        return codeAt(seed, stepAt(now()))
      },
    }
  }

  /** Whose the credentials of an answer are. */
  function opened(answer: Answer): Principal {
    return identities.sessions.open(answer.text('AccessKeyId'), answer.text('SessionToken'))!.principal
  }

  return { clock, store, identities, endpoints, iam, sts, user, allow, principalOf, mfa, opened }
}

export const rootOf = (account: string): Principal => ({
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  accessKeyId: 'AKIAROOTROOTROOTROOT',
})

export const policy = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

export const allowing = (...actions: string[]): object => ({ Effect: 'Allow', Action: actions, Resource: '*' })

const unescape = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
