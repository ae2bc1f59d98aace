import type { HostPort } from '@holdfast/workflow-sdk/ports'
import { hostIdentity } from './hostIdentity.ts'
import { isAlive, processIdentity, thisHost } from './processIdentity.ts'

/** The machine and process that this code runs in. `stateFolder` keeps a made-up host id where there is no other. */
export function createHostPort(options: { readonly stateFolder?: string } = {}): HostPort {
  const host = options.stateFolder === undefined ? thisHost() : hostIdentity(options.stateFolder)
  return { ...host, self: processIdentity(process.pid, host), isAlive }
}
