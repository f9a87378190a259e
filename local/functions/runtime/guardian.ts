/**
 * Sees to it that no function outlives the server, even when the server is killed and can do nothing more: a shell that is told of every process, and kills what is
 * left when its standard input ends, which is when the server does. A function that runs at that moment would not notice by itself.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'

export class Guardian {
  /** Process groups. */
  readonly #groups = new Set<number>()
  #shell: ChildProcess | undefined

  /** @param group id of the leader of a process group */
  watch(group: number): void {
    this.#groups.add(group)
    // A new one is told of all.
    if (this.#shell === undefined) this.#start()
    else this.#tell(`+ ${group}`)
  }

  release(group: number): void {
    if (this.#groups.delete(group)) this.#tell(`- ${group}`)
  }

  /** Kills what is still watched, and ends. */
  close(): Promise<void> {
    const shell = this.#shell
    this.#shell = undefined
    if (shell === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      shell.on('exit', () => resolve())
      shell.ref()
      shell.stdin?.end()
    })
  }

  #start(): void {
    // No such shell on Windows: there a process ends when its connection to the server does.
    if (process.platform === 'win32') return
    // In a session of its own, so that what is sent to the server's group does not reach it.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} })
    const forget = (): void => {
      if (this.#shell === shell) this.#shell = undefined
    }
    shell.on('error', forget)
    shell.on('exit', forget)
    shell.stdin.on('error', forget)
    shell.unref()
    this.#shell = shell
    for (const group of this.#groups) this.#tell(`+ ${group}`)
  }

  #tell(line: string): void {
    this.#shell?.stdin?.write(`${line}\n`)
  }
}

const SCRIPT = `
trap '' HUP INT TERM QUIT
groups=
while read -r change group; do
  if [ "$change" = + ]; then groups="$groups $group"; continue; fi
  rest=
  for other in $groups; do [ "$other" = "$group" ] || rest="$rest $other"; done
  groups=$rest
done
for group in $groups; do kill -s KILL -- "-$group"; done
`
