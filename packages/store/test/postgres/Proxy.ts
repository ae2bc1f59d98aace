import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net'

/** Text of the message that commits, and of the server's answer to it. */
const COMMIT = Buffer.from('commit\0')
const COMMITTED = Buffer.from('COMMIT\0')

/** What becomes of the next commit: its request never arrives, or its answer does not. */
type Loss = 'request' | 'answer'

/** Stands between a store and its server, and loses a connection in the middle of a commit when told to. */
export class Proxy {
  readonly #net: NetServer
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  #next: { readonly loss: Loss; readonly done: () => void } | null = null

  private constructor(target: URL) {
    this.#target = target
    this.#net = createServer((client) => this.#join(client))
  }

  /** A proxy before the server of an address. */
  static async before(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url))
    proxy.#net.listen(0, '127.0.0.1')
    await once(proxy.#net, 'listening')
    return proxy
  }

  /** Address of the database through this proxy. */
  get url(): string {
    const url = new URL(this.#target)
    url.port = String((this.#net.address() as AddressInfo).port)
    return url.href
  }

  /** Loses the next commit; resolves when that has happened. */
  async lose(loss: Loss): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#next = { loss, done: resolve }
    })
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#net.close()
    await once(this.#net, 'close')
  }

  #join(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname)
    let losing: { readonly loss: Loss; readonly done: () => void } | null = null
    const cut = (): void => {
      client.destroy()
      server.destroy()
      losing?.done()
      losing = null
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (data) => {
      if (this.#next !== null && data.includes(COMMIT)) {
        losing = this.#next
        this.#next = null
        if (losing.loss === 'request') return cut()
      }
      server.write(data)
    })
    server.on('data', (data) => {
      if (losing === null) client.write(data)
      else if (data.includes(COMMITTED)) cut()
    })
  }
}
