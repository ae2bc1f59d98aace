import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { ProgramInput } from '../../workloads/programs.ts'

/** What the benchmark uses of `@restatedev/restate-sdk`. */
export interface RestateModule {
  service(options: { name: string; handlers: Record<string, Handler> }): object
  createEndpointHandler(options: {
    services: object[]
  }): (request: Http2ServerRequest, response: Http2ServerResponse) => void
}

/** Code of a run. */
export type Handler = (ctx: RestateContext, input: ProgramInput) => Promise<unknown>

interface RestateContext {
  run(name: string, body: () => unknown): Promise<unknown>
  sleep(milliseconds: number): Promise<void>
}
