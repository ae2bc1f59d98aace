import { Agent, request } from 'node:http'
import type { RestateServer } from '../../adapter.ts'
import type { ProgramInput } from '../../workloads/programs.ts'

const CONNECTIONS = 100
const JSON_TYPE = 'application/json'

/** What is asked of Restate's server over HTTP. */
export class Client {
  readonly #server: RestateServer
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

  constructor(server: RestateServer) {
    this.#server = server
  }

  /** Tells the server where the handlers are. */
  async register(): Promise<void> {
    const uri = `http://127.0.0.1:${this.#server.endpointPort}`
    await this.#post(this.#server.adminPort, '/deployments', { uri, force: true })
  }

  /** Starts a run; resolves when the server has accepted it. */
  async send(handler: string, input: ProgramInput): Promise<void> {
    await this.#post(this.#server.ingressPort, `/bench/${handler}/send`, input)
  }

  /** The number that a query of the server's own tables gives as `count`. */
  async count(query: string): Promise<number> {
    const answer = (await this.#post(this.#server.adminPort, '/query', { query })) as {
      readonly rows: readonly [{ readonly count: number }]
    }
    return answer.rows[0].count
  }

  close(): void {
    this.#agent.destroy()
  }

  #post(port: number, path: string, body: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body)
      const headers = {
        'content-type': JSON_TYPE,
        accept: JSON_TYPE,
        'content-length': Buffer.byteLength(text),
      }
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', agent: this.#agent, headers })
      sent.once('error', reject)
      sent.once('response', (answer) => {
        let read = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => (read += piece))
        answer.once('error', reject)
        answer.once('end', () => {
          const status = answer.statusCode ?? 0
          if (status < 300) resolve(read === '' ? null : JSON.parse(read))
          else reject(new Error(`Restate answered ${path} with ${status}: ${read}`))
        })
      })
      sent.end(text)
    })
  }
}
