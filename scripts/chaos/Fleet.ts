import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../apps/cli/bin/holdfast.js', import.meta.url))

interface Member {
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
  frozen: boolean
}

/** What the fleet is made of. */
export interface FleetOptions {
  readonly root: string
  readonly store: string
  readonly size: number
  readonly concurrency: number
  /** What goes before the command of a worker, where it is to run somewhere else; it keeps the process id. */
  readonly prefix?: readonly string[]
}

/** Worker processes that are killed, frozen and replaced. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #members: Member[] = []
  /** Process id by the id under which the worker registered. A process that registers anew has several. */
  readonly pids = new Map<string, number>()
  /** Process ids of workers that were frozen at some time. */
  readonly frozenPids = new Set<number>()
  said = ''

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Starts workers until there are as many as there should be, frozen ones not counted. */
  fill(): void {
    while (this.#members.filter((member) => !member.frozen).length < this.#options.size) this.#start()
  }

  /** Kills one worker that runs with SIGKILL; a fraction in [0, 1) draws it. */
  async kill(fraction: number): Promise<void> {
    const member = this.#pick(fraction)
    if (member === undefined) return
    member.child.kill('SIGKILL')
    await member.ended
  }

  /** Stops one worker with SIGSTOP; answers how to wake it. */
  freeze(fraction: number): (() => void) | null {
    const member = this.#pick(fraction)
    if (member === undefined) return null
    member.frozen = true
    this.frozenPids.add(member.child.pid ?? 0)
    member.child.kill('SIGSTOP')
    return () => {
      member.child.kill('SIGCONT')
    }
  }

  /** Ends every worker. */
  async end(): Promise<void> {
    for (const { child } of this.#members) {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
    }
    await Promise.all(this.#members.map(({ ended }) => ended))
  }

  #pick(fraction: number): Member | undefined {
    const awake = this.#members.filter((member) => !member.frozen)
    return awake[Math.floor(fraction * awake.length)]
  }

  #start(): void {
    const { root, store, concurrency, prefix = [] } = this.#options
    const command = [...prefix, process.execPath, '--conditions=source', COMMAND, 'worker']
    const args = ['--concurrency', String(concurrency), '--project', root]
    const [program, ...before] = command as [string, ...string[]]
    const child = spawn(program, [...before, ...args], {
      env: { ...process.env, HOLDFAST_STORE: store, NO_COLOR: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said += text
      for (const [, id] of text.matchAll(/Worker (\S+) is ready/g)) this.pids.set(id ?? '', child.pid ?? 0)
    })
    const member: Member = { child, frozen: false, ended: once(child, 'close') }
    void member.ended.then(() => void this.#members.splice(this.#members.indexOf(member), 1))
    this.#members.push(member)
  }
}
