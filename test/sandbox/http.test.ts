import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HttpListener } from '../../sandbox/http.ts'

const listenerOn = (port: number): HttpListener =>
  new HttpListener({
    port,
    bodyLimit: 10,
    onFault: () => undefined,
    answer: async (_, response) => void response.end('ok'),
  })

it('a port that is taken is told as such, and the listener can be closed all the same', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const listener = listenerOn(port)
  await expect(listener.listen()).rejects.toThrow(`Port ${port} of 127.0.0.1 cannot be listened on`)
  await listener.close()
  await new Promise((resolve) => other.close(resolve))
})

it('a body over the limit is read to its end and thrown away, and a fault of the sandbox is answered 500', async () => {
  const faults: unknown[] = []
  const seen: unknown[] = []
  const listener = new HttpListener({
    bodyLimit: 10,
    onFault: (fault) => faults.push(fault),
    answer: async ({ body, isTooLarge }, response) => {
      seen.push([body.length, isTooLarge])
      if (body.toString() === 'fail') throw new Error('broken')
      response.end('ok')
    },
  })
  const url = await listener.listen()
  const post = async (body: string): Promise<number> => (await fetch(url, { method: 'POST', body })).status
  expect([await post('x'.repeat(10)), await post('x'.repeat(100_000)), await post('fail')]).toEqual([200, 200, 500])
  expect(seen).toEqual([
    [10, false],
    [0, true],
    [4, false],
  ])
  expect(faults).toMatchObject([{ message: 'broken' }])
  await listener.close()
})
