import type { ProcessIdentity } from '@holdfast/workflow-sdk/journal'
import { hostIdentity, type HostIdentity } from './hostIdentity.ts'
import { processTable } from './thisProcessTable.ts'

/** What is written to the journal about a process, so that it can be found and told from others later. */
export function processIdentity(pid: number, host: HostIdentity = thisHost()): ProcessIdentity {
  const startTime = processTable.find(pid)?.startTime ?? null
  return { pid, startTime, hostId: host.hostId, bootId: host.bootId }
}

/**
 * Whether the process is there and has not ended. With a start time, another process that got the same pid
 * later does not count. Means something only on the host, boot and pid namespace it was seen on.
 */
export function isAlive(process: { readonly pid: number; readonly startTime: string | null }): boolean {
  if (!Number.isSafeInteger(process.pid) || process.pid <= 0) return false
  const found = processTable.find(process.pid)
  return found !== null && (process.startTime === null || found.startTime === process.startTime)
}

let remembered: HostIdentity | undefined

/** The identity of this machine with the default state folder, looked up once. */
export function thisHost(): HostIdentity {
  remembered ??= hostIdentity()
  return remembered
}
