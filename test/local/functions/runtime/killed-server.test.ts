import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { bench, isAlive, nodeFunction, pythonFunction, until } from './support/runners.ts'

const SERVER = join(import.meta.dirname, 'support', 'small-server.ts')

describe('when the server is killed', () => {
  const { folder } = bench()

  it('no process of a function outlives it, whether it waits, is in a loop, or has children', async () => {
    const functions = [
      nodeFunction(folder({ 'index.js': 'exports.handler = async () => console.log("pid " + process.pid)' })),
      nodeFunction(folder({ 'index.js': 'exports.handler = () => { console.log("pid " + process.pid); for (;;); }' })),
      nodeFunction(
        folder({
          'index.js': `exports.handler = () => new Promise(() => {
            const child = require('node:child_process').spawn('sh', ['-c', 'trap "" TERM HUP; sleep 600'])
            console.log('pid ' + process.pid + ' ' + child.pid)
            setInterval(() => {}, 1000)
          })`,
        }),
      ),
      pythonFunction(folder({ 'app.py': 'import os\ndef handler(event, context): print("pid", os.getpid())' })),
      pythonFunction(
        folder({
          'app.py': 'import os\ndef handler(event, context):\n    print("pid", os.getpid())\n    while True: pass',
        }),
      ),
    ]
    const server = spawn(process.execPath, [SERVER, ...functions.map((fn) => JSON.stringify(fn))], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    let output = ''
    server.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    try {
      await until(() => output.split('\n').length > functions.length, 30_000)
      const pids = [...output.matchAll(/(?<=pid .*)\b\d+\b(?!:|-|\.)/g)].map(([pid]) => Number(pid))
      expect(pids).toHaveLength(6)
      expect(pids.map(isAlive)).toEqual(pids.map(() => true))
      process.kill(server.pid!, 'SIGKILL')
      await until(() => pids.every((pid) => !isAlive(pid)))
    } finally {
      server.kill('SIGKILL')
    }
  })
})
