import { execFileSync } from 'node:child_process'

/**
 * A network namespace of Linux with one cable to this machine, as a machine of its own has: `ip netns`, `ip link`, see
 * ip-netns(8). Only the superuser may make one.
 */
export class Namespace {
  readonly #name: string
  /** Address of this machine at the other end of the cable. */
  readonly gateway: string

  /** `number` in [0, 250] tells namespaces of one process apart. */
  constructor(number: number) {
    this.#name = `hf${process.pid}-${number}`
    this.gateway = `10.213.${number}.1`
    ip('netns', 'add', this.#name)
    try {
      ip('link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#name)
      ip('addr', 'add', `${this.gateway}/24`, 'dev', this.#cable)
      ip('link', 'set', this.#cable, 'up')
      ip('-n', this.#name, 'addr', 'add', `10.213.${number}.2/24`, 'dev', 'eth0')
      for (const device of ['lo', 'eth0']) ip('-n', this.#name, 'link', 'set', device, 'up')
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** What goes before a command that is to run in it; the process id stays that of the command. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name]
  }

  cut(): void {
    ip('link', 'set', this.#cable, 'down')
  }

  heal(): void {
    ip('link', 'set', this.#cable, 'up')
  }

  /** Ends the namespace and its cable; its processes have to be over. */
  remove(): void {
    ip('netns', 'delete', this.#name)
  }

  get #cable(): string {
    return this.#name
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
