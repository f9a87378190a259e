/**
 * Servers that speak a protocol just well enough to be believed, and then do harm.
 * @module
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class HostileServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Whose clients have not left. */
  readonly #held = new Set<Socket>()
  /** Connections that were made. */
  connections = 0

  private constructor(behave: (socket: Socket) => void) {
    // Half-open: it goes on when the client has ended.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.connections++
      this.#sockets.add(socket)
      this.#held.add(socket)
      // The client's end is all that is seen of its leaving: this side goes on.
      for (const event of ['end', 'close'] as const) socket.on(event, () => this.#held.delete(socket))
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
      behave(socket)
      socket.resume()
    })
  }

  static async start(behave: (socket: Socket) => void): Promise<HostileServer> {
    const made = new HostileServer(behave)
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve))
    return made
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections that the other side holds. */
  get open(): number {
    return this.#held.size
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(type, 0)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const ready = message('Z', Buffer.from('I'))
const done = Buffer.concat([message('C', Buffer.from('SELECT 1\0')), ready])
const QUERY = 0x51

/** Lets anybody in who tells a password. @param answer to a query */
export const postgres =
  (answer: (socket: Socket) => void = (socket) => void socket.write(done)) =>
  (socket: Socket): void => {
    let heard = 0
    socket.on('data', (data) => {
      heard++
      if (heard === 1) socket.write(message('R', Buffer.from([0, 0, 0, 3])))
      else if (heard === 2) socket.write(Buffer.concat([message('R', Buffer.from([0, 0, 0, 0])), ready]))
      else if (data[0] === QUERY) answer(socket)
    })
  }

/** Rows without end. */
export const postgresFlood = postgres((socket) => {
  socket.write(message('T', Buffer.concat([Buffer.from([0, 1]), Buffer.from('c\0'), Buffer.alloc(18)])))
  const cell = Buffer.alloc(60_000, 97)
  const head = Buffer.alloc(6)
  head.writeInt16BE(1, 0)
  head.writeInt32BE(cell.length, 2)
  pour(socket, message('D', Buffer.concat([head, cell])))
})

const packet = (sequence: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUIntLE(body.length, 0, 3)
  head[3] = sequence
  return Buffer.concat([head, body])
}
const greeting = packet(
  0,
  Buffer.concat([
    Buffer.from([10]),
    Buffer.from('8.0.0\0'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('12345678\0'),
    Buffer.from([0xff, 0xf7, 33, 2, 0, 0xff, 0xc1, 21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0mysql_native_password\0'),
  ]),
)
const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0])

/** Lets anybody in, says OK to all, and does not close. */
export const mysql =
  (answer: (socket: Socket) => void = (socket) => void socket.write(packet(1, ok))) =>
  (socket: Socket): void => {
    socket.write(greeting)
    socket.once('data', () => {
      socket.write(packet(2, ok))
      socket.on('data', () => answer(socket))
    })
  }

/** One packet that goes on in the next, without end. */
export const mysqlFlood = mysql((socket) => {
  socket.write(Buffer.from([0xff, 0xff, 0xff, 1]))
  pour(socket, Buffer.alloc(60_000, 97))
})

/** The beginning of a long reply, and then a byte at a time. */
export const redisDrip = (socket: Socket): void => {
  socket.once('data', () => {
    socket.write('$100000000\r\n')
    const timer = setInterval(() => socket.write('x'), 5)
    socket.on('close', () => clearInterval(timer))
  })
}

export const redisFlood = (socket: Socket): void => {
  socket.once('data', () => {
    socket.write('*100000000\r\n')
    pour(socket, Buffer.from(':1\r\n'.repeat(10_000)))
  })
}

function pour(socket: Socket, piece: Buffer): void {
  const go = (): void => {
    while (socket.writable && socket.write(piece));
  }
  socket.on('drain', go)
  go()
}
