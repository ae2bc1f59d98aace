import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * The way to a server, which can be cut as a cable is: nothing gets through any more and nobody is told. What is sent
 * meanwhile waits in the sockets, as it does for the retransmissions of TCP.
 */
export class Link {
  readonly #net: Server
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(target: URL) {
    this.#target = target
    this.#net = createServer((client) => this.#join(client))
  }

  /** A link to the server of an address, which begins at an address of this machine. */
  static async to(url: string, host = '127.0.0.1'): Promise<Link> {
    const link = new Link(new URL(url))
    link.#net.listen(0, host)
    await once(link.#net, 'listening')
    return link
  }

  /** Address of the server through this link. */
  get url(): string {
    const url = new URL(this.#target)
    const { address, port } = this.#net.address() as AddressInfo
    url.host = `${address}:${port}`
    return url.href
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.pause()
  }

  heal(): void {
    this.#isCut = false
    for (const socket of this.#sockets) socket.resume()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#net.close()
    await once(this.#net, 'close')
  }

  #join(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname)
    const pair = [client, server] as const
    for (const [index, socket] of pair.entries()) {
      const other = pair[1 - index]
      this.#sockets.add(socket)
      socket.on('data', (data) => other?.write(data))
      socket.on('error', () => undefined)
      // An end is told to the other side only while the link is whole.
      socket.on('close', () => {
        this.#sockets.delete(socket)
        if (!this.#isCut) other?.destroy()
      })
      if (this.#isCut) socket.pause()
    }
  }
}
