import type { ProcessIdentity } from '../journal/payloads.ts'

/** The machine and process that a worker lives in (W1). */
export interface HostPort {
  readonly hostId: string
  readonly bootId: string
  readonly pidNamespace: string
  /** This process. */
  readonly self: ProcessIdentity
  /** Whether the process with this pid and start time is there. Only for this host, boot and namespace. */
  isAlive(process: { readonly pid: number; readonly startTime: string | null }): boolean
}
