import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { composeServices } from '../../../local/compose.ts'
import { run } from '../../../local/cli/program.ts'
import type { ShownReplication } from '../../../local/cli/replication-answers.ts'
import { reprimary } from '../../../local/cli/replication-reprimary.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { WireClient } from '../../support/wire-client.ts'
import { ADMIN, startForTest, type TestServer } from '../support/running-server.ts'

const HOME = 'us-east-1'
const AWAY = 'eu-west-1'
const asAdmin = { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey }
const makeDirectory = suiteDirectories()

async function cli(url: string, ...args: string[]) {
  let [out, err] = ['', '']
  const print = (text: string): void => void (out += text)
  const complain = (text: string): void => void (err += text)
  const code = await run([...args, '--url', url], { environment: { ...asAdmin }, print, complain })
  return { code, out, err }
}

describe('at an embedded Coffer', () => {
  let server: TestServer
  let home: WireClient
  let away: WireClient
  let names = 0
  beforeAll(async () => {
    server = await startForTest(makeDirectory(), { regions: `${HOME},${AWAY}` }, { compose: composeServices })
    home = new WireClient({ endpoint: server.coffer.url, credentials: ADMIN, region: HOME })
    away = new WireClient({ endpoint: server.coffer.url, credentials: ADMIN, region: AWAY })
  })
  afterAll(async () => {
    home.close()
    away.close()
    await server.coffer.close()
  })
  afterEach(() => coffer('network', '--heal', '--lag', '0s'))

  const coffer = (...args: string[]) => cli(server.coffer.url, 'replication', ...args)

  async function make(isReplicated = true): Promise<{ readonly name: string; readonly arn: string }> {
    const name = `db${++names}`
    const { ARN } = await home.call('CreateSecret', {
      Name: name,
      SecretString: 'first',
      ClientRequestToken: name.padEnd(32, '-'),
      ...(isReplicated && { AddReplicaRegions: [{ Region: AWAY }] }),
    })
    await server.coffer.sweep()
    return { name, arn: String(ARN) }
  }

  it('status shows how a secret is seen in one Region or the other, for people and as JSON', async () => {
    const { name, arn } = await make()
    const shown = await coffer('status', name)
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toMatch(new RegExp(`^${name}  ${arn}\n  ${HOME} is the primary, with one replica\n`))
    expect(shown.out).toMatch(new RegExp(`\n${AWAY} +InSync +the service's own +\\d{4}-`))
    expect((await coffer('status', name, '--region', AWAY)).out).toContain(
      `${AWAY} is a replica of the secret in ${HOME}`,
    )
    const json = await coffer('status', arn, '--json')
    expect(JSON.parse(json.out)).toMatchObject({ secret: arn, role: 'primary', replicas: [{ status: 'InSync' }] })
  })

  it('status ends with 3 where a replica is not in sync, and with 1 where there is no secret', async () => {
    await coffer('network', '--cut', AWAY)
    const { name } = await make()
    expect(await coffer('status', name)).toMatchObject({ code: 3, err: '' })
    const none = await coffer('status', 'none')
    expect(none).toMatchObject({ code: 1, out: '' })
    expect(none.err).toContain('ResourceNotFoundException')
  })

  it('preflight asks the Region of the copy, about the key as well', async () => {
    const { arn } = await make(false)
    expect(await coffer('preflight', arn, '--to', AWAY)).toMatchObject({ code: 0, err: '' })
    const noKey = await coffer('preflight', arn, '--to', AWAY, '--kms-key-id', 'alias/none')
    expect(noKey).toMatchObject({ code: 3, err: '' })
    expect(noKey.out).toContain('failed  key')
    const { out } = await coffer('preflight', arn, '--to', AWAY, '--overwrite', '--json')
    expect(JSON.parse(out)).toMatchObject({ region: AWAY, isFine: true })
    expect(await coffer('preflight', arn)).toMatchObject({ code: 2 })
  })

  it('reprimary gives another Region the primary part and back, and tells how it goes', async () => {
    const { name, arn } = await make()
    expect(await coffer('reprimary', name, '--to', AWAY)).toEqual({
      code: 0,
      err: '',
      out: [
        `${HOME} steps down for ${AWAY}: it takes no writes any more, and can be read all the time.`,
        `${AWAY} has taken over: it is the primary.`,
        `${HOME} is its replica, and in sync.`,
        '',
      ].join('\n'),
    })
    expect(await away.call('DescribeSecret', { SecretId: name })).toMatchObject({ PrimaryRegion: AWAY })
    expect(await coffer('reprimary', name, '--to', AWAY)).toMatchObject({
      code: 0,
      out: `${AWAY} is the primary already, as far as it has heard.\n`,
    })
    // By an ARN of either Region.
    const back = await coffer('reprimary', arn, '--to', HOME, '--json')
    expect(back).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(back.out)).toMatchObject({ secret: arn, role: 'primary', replicas: [{ region: AWAY }] })
  })

  it('reprimary of a promoted replica that nobody has changed needs no winner', async () => {
    const { name } = await make()
    await away.call('StopReplicationToReplica', { SecretId: name })
    await server.coffer.sweep()
    const done = await coffer('reprimary', name, '--to', HOME)
    expect(done).toMatchObject({ code: 0, err: '' })
    expect(await home.call('DescribeSecret', { SecretId: name })).toMatchObject({ PrimaryRegion: HOME })
    expect(await home.call('GetSecretValue', { SecretId: name })).toMatchObject({ SecretString: 'first' })
  })

  it.each([
    [['--to', HOME], 1, 'there is nobody to step down'],
    [['--to', HOME, '--from', AWAY], 1, 'ResourceNotFoundException'],
    [
      ['--to', HOME, '--from', AWAY, '--winner', 'ap-south-1'],
      2,
      `--winner is "ap-south-1", expected ${AWAY} or ${HOME}`,
    ],
    [['--to', AWAY], 1, 'ResourceNotFoundException'],
    [['--to', HOME, '--timeout', 'soon'], 2, '--timeout is "soon", expected a duration'],
    [[], 2, "required option '--to <region>' not specified"],
  ])('reprimary %j of a secret by itself ends with %d: %s', async (flags, code, message) => {
    const { name } = await make(false)
    const said = await coffer('reprimary', name, ...flags)
    expect(said).toMatchObject({ code, out: '' })
    expect(said.err).toContain(message)
  })

  it('reprimary says when it takes longer than anybody wants to wait, and how to take it back', async () => {
    const { name } = await make()
    await coffer('network', '--cut', AWAY)
    const said = await coffer('reprimary', name, '--to', AWAY, '--timeout', '0s')
    expect(said.code).toBe(1)
    expect(said.err).toContain(`${AWAY} has not taken over yet: it goes on by itself.`)
    expect(said.err).toContain(`coffer replication status ${name} --region ${AWAY}`)
    expect(said.err).toContain(`call StopReplicationToReplica in ${HOME}`)
  })

  it('network shows and changes what the network is like', async () => {
    expect(await coffer('network')).toEqual({
      code: 0,
      err: '',
      out: 'Lag       none\nCut off   none\nOn their way: nothing\n',
    })
    expect((await coffer('network', '--lag', '5s', '--cut', `${AWAY}, ${HOME}`)).out).toBe(
      `Lag       5 s\nCut off   ${AWAY}, ${HOME}\nOn their way: nothing\n`,
    )
    const healed = await coffer('network', '--heal', '--json')
    expect(JSON.parse(healed.out)).toEqual({ lagSeconds: 5, cut: [], pending: {} })
  })

  it.each([
    [['--lag', 'soon'], 2, '--lag is "soon", expected a duration'],
    [['--cut', 'a', '--heal'], 2, '--cut and --heal were both given'],
    [['--cut', `${AWAY},`], 2, `--cut is "${AWAY},", expected Regions`],
    [['--cut', 'mars-north-1'], 1, 'does not serve the Region "mars-north-1"'],
  ])('network %j ends with %d: %s', async (flags, code, message) => {
    const said = await coffer('network', ...flags)
    expect(said).toMatchObject({ code, out: '' })
    expect(said.err).toContain(message)
  })
})

describe('at one that is in trouble', () => {
  let server: Server
  let url: string
  /** What is answered to each call for the status, and `break`: nothing. */
  let answers: (ShownReplication | 'break')[]
  let asked: unknown[]
  beforeEach(async () => {
    asked = []
    server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        asked.push({ path: request.url, ...body })
        const answer = request.url?.endsWith('/status')
          ? answers.shift()
          : { secret: 'arn', from: HOME, to: AWAY, isDiverged: false }
        if (answer === 'break' || answer === undefined) request.socket.destroy()
        else response.end(JSON.stringify(answer))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  async function bodyOf(request: IncomingMessage): Promise<object> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    return JSON.parse(Buffer.concat(parts).toString()) as object
  }

  const AT = '2026-03-01T10:20:30Z'
  const shown = (part: Partial<ShownReplication>): ShownReplication => ({
    secret: `arn:aws:secretsmanager:${AWAY}:123456789012:secret:db-AbCdEf`,
    name: 'db',
    region: AWAY,
    now: AT,
    role: 'replica',
    primaryRegion: HOME,
    replicas: [],
    leaving: [],
    others: [],
    ...part,
  })
  const primary = (status: 'InSync' | 'InProgress' | 'Failed', message?: string): ShownReplication => {
    const { primaryRegion: _none, ...rest } = shown({ role: 'primary' })
    const replica = { region: HOME, status, requestedAt: AT, failures: 1, ...(message !== undefined && { message }) }
    return { ...rest, replicas: [replica] }
  }

  async function handOver(patienceMs?: number) {
    let out = ''
    const isDone = await reprimary({ flags: { url }, environment: { ...asAdmin } }, 'db', {
      flags: { url, to: AWAY },
      print: (text) => void (out += text),
      ...(patienceMs !== undefined && { patienceMs }),
    })
    return { isDone, out }
  }

  const stepped = shown({ region: HOME, role: 'replica', primaryRegion: AWAY })

  it('is not done as long as the other one has not stepped down: what a Region knows of itself may be old', async () => {
    answers = [shown({}), primary('InSync'), shown({ region: HOME, role: 'primary' }), primary('InSync'), stepped]
    const { isDone, out } = await handOver()
    expect(isDone).toBe(true)
    expect(out.match(/has taken over/g)).toHaveLength(1)
    expect(answers).toEqual([])
  })

  it('goes on asking one that is started again meanwhile', async () => {
    answers = [shown({}), 'break', shown({}), 'break', primary('InProgress'), primary('InSync'), stepped]
    const { isDone, out } = await handOver()
    expect(isDone).toBe(true)
    expect(out.split('\n').slice(1)).toEqual([
      `${AWAY} has taken over: it is the primary.`,
      `${HOME} is its replica, and in sync.`,
      '',
    ])
    expect(asked[1]).toEqual({ path: '/_coffer/replication/reprimary', secret: 'db', region: HOME, to: AWAY })
  })

  it('does not go on for ever', async () => {
    answers = [shown({}), 'break']
    await expect(handOver(0)).rejects.toThrow('ended the connection without an answer')
  })

  it('says that the former primary could not become a replica, which is tried again without anybody waiting', async () => {
    answers = [shown({}), primary('Failed', 'The key is disabled.')]
    const { isDone, out } = await handOver()
    expect(isDone).toBe(false)
    expect(out).toContain(`${HOME} could not become its replica yet. The key is disabled.\n`)
  })

  it('asks which one, where several could step down', async () => {
    const { primaryRegion: _none, ...alone } = shown({ role: 'standalone' })
    const others = [HOME, 'ap-south-1'].map((region) => ({ region, role: 'standalone', changedAt: AT }) as const)
    answers = [{ ...alone, others }]
    await expect(handOver()).rejects.toThrow(`--from (${HOME}, ap-south-1)`)
    // One that has begun to is the one.
    const handing = others.map((other) => (other.region === HOME ? { ...other, handingOverTo: AWAY } : other))
    answers = [{ ...alone, others: handing }, primary('InSync'), stepped]
    expect((await handOver()).isDone).toBe(true)
  })

  it.each([
    ['{region} in the URL', (_region: string) => 'https://secrets.{region}.example.com/v1'],
    ['each Region has a URL', (region: string) => `${region}=https://secrets.${region}.example.com/v1`],
  ])('%s: the Region that is asked', async (_case, urlOf) => {
    const urls: string[] = []
    const down = { secret: 'arn', from: HOME, to: AWAY, isDiverged: false }
    const spied = jest.spyOn(globalThis, 'fetch').mockImplementation((input) => {
      const to = input as URL
      urls.push(to.href)
      return Promise.resolve(Response.json(to.pathname.endsWith('/status') ? shown({}) : down))
    })
    try {
      const at = [...new Set([urlOf(HOME), urlOf(AWAY)])].join(',')
      expect(await cli(at, 'replication', 'status', 'db')).toMatchObject({ code: 0, err: '' })
      expect(await cli(at, 'replication', 'reprimary', 'db', '--to', AWAY, '--no-wait')).toMatchObject({ code: 0 })
    } finally {
      spied.mockRestore()
    }
    expect(urls).toEqual([
      `https://secrets.${HOME}.example.com/v1/_coffer/replication/status`,
      `https://secrets.${AWAY}.example.com/v1/_coffer/replication/status`,
      `https://secrets.${HOME}.example.com/v1/_coffer/replication/reprimary`,
    ])
  })

  it('says which Region has no URL', async () => {
    const { code, err } = await cli('eu-central-1=https://a.example.com', 'replication', 'status', 'db')
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(`has no URL for ${HOME}`) })
    const wrong = await cli('eu-central-1=https://a.example.com,nothing', 'replication', 'status', 'db')
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('expected a Region and its URL') })
  })
})
