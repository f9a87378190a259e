import { RuntimeApi, type RuntimePeer } from '../../../../local/functions/runtime/runtime-api.ts'

const ID = '11111111-2222-4333-8444-555555555555'

describe('the Runtime API', () => {
  let api: RuntimeApi
  beforeEach(() => (api = new RuntimeApi()))
  afterEach(() => api.close())

  function peer(): RuntimePeer & { readonly calls: string[] } {
    const calls: string[] = []
    return {
      calls,
      next: (deliver) => {
        calls.push('next')
        deliver({
          requestId: ID,
          payload: Buffer.from('{"a":"ü"}'),
          deadline: 1234,
          functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f',
          traceId: 'Root=1',
          clientContext: '{"custom":{}}',
        })
      },
      respond: (id, body) => (calls.push(`respond ${body.toString().slice(0, 20)}`), id === ID),
      fail: (id, body) => (calls.push(`fail ${body.toString()}`), id === ID),
      failInit: (body) => void calls.push(`failInit ${body.toString()}`),
    }
  }

  const call = async (address: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://${address}/2018-06-01/runtime/${path}`, init)
    return { status: response.status, headers: response.headers, body: await response.text() }
  }
  const post = (body: string): RequestInit => ({ method: 'POST', body })

  it('gives an event with its headers', async () => {
    const { status, headers, body } = await call(await api.admit(peer()), 'invocation/next')
    expect([status, body]).toEqual([200, '{"a":"ü"}'])
    expect(Object.fromEntries(headers)).toMatchObject({
      'lambda-runtime-aws-request-id': ID,
      'lambda-runtime-deadline-ms': '1234',
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:111122223333:function:f',
      'lambda-runtime-trace-id': 'Root=1',
      'lambda-runtime-client-context': '{"custom":{}}',
    })
  })

  it('takes results and errors', async () => {
    const one = peer()
    const address = await api.admit(one)
    expect((await call(address, `invocation/${ID}/response`, post('1'))).status).toBe(202)
    expect((await call(address, `invocation/${ID}/error`, post('{}'))).status).toBe(202)
    expect((await call(address, 'init/error', post('{"e":1}'))).body).toBe('{"status":"OK"}')
    expect(one.calls).toEqual(['respond 1', 'fail {}', 'failInit {"e":1}'])
  })

  it('refuses the result of an invocation that the process does not run', async () => {
    const { status, body } = await call(await api.admit(peer()), 'invocation/other/response', post('1'))
    expect([status, JSON.parse(body)]).toMatchObject([400, { errorType: 'InvalidRequestID' }])
  })

  it('lets a process speak only under its own address, and no longer than it lives', async () => {
    const [one, two] = [peer(), peer()]
    const [first, second] = [await api.admit(one), await api.admit(two)]
    await call(first, 'invocation/next')
    expect([one.calls, two.calls]).toEqual([['next'], []])
    const port = first.slice(0, first.indexOf('/'))
    expect((await fetch(`http://${port}/2018-06-01/runtime/invocation/next`)).status).toBe(403)
    expect((await call(`${port}/guessed`, 'invocation/next')).status).toBe(403)
    api.dismiss(second)
    expect((await call(second, 'invocation/next')).status).toBe(403)
    expect(two.calls).toEqual([])
  })

  it('turns a result over 6 MB into a failure', async () => {
    const one = peer()
    const { status, body } = await call(await api.admit(one), `invocation/${ID}/response`, post('x'.repeat(6_291_557)))
    expect([status, JSON.parse(body)]).toMatchObject([413, { errorType: 'RequestEntityTooLarge' }])
    expect(one.calls).toEqual([expect.stringContaining('Response payload size (6291557 bytes) exceeded')])
  })

  it.each([
    ['POST', 'invocation/next'],
    ['GET', `invocation/${ID}/response`],
    ['GET', 'else'],
    ['POST', 'else'],
  ])('has no %s %s', async (method, path) => {
    expect((await call(await api.admit(peer()), path, { method })).status).toBe(404)
  })
})
