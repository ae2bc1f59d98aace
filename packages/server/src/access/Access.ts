import type { IncomingMessage } from 'node:http'

/** Decides who may use the server. */
export interface Access {
  /** Name of the person whose server it is, for audit trails. */
  readonly owner: string
  /**
   * Lets a request in, of HTTP or to open a WebSocket.
   * @throws WorkflowError `ORIGIN_NOT_ALLOWED`, `ACCESS_DENIED`.
   */
  admit(request: IncomingMessage): Promise<void>
}
