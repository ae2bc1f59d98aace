import type { WorkerRow } from '@holdfast/store/contract'
import type { EngineDependencies } from '../dependencies.ts'

/**
 * Makes the runs of dead workers due. On the same host, boot and pid namespace pid and start time prove death
 * at once; in every other case the lease decides (W1).
 */
export async function releaseDeadWorkers(deps: EngineDependencies, ownId: string): Promise<void> {
  for (const worker of await deps.store.listWorkers()) {
    if (worker.id !== ownId && isDead(worker, deps)) await deps.store.releaseRunsOfWorker(worker.id)
  }
}

function isDead(worker: WorkerRow, { host, clock, settings }: EngineDependencies): boolean {
  const near =
    worker.host_id === host.hostId &&
    worker.boot_id === host.bootId &&
    worker.pid_namespace === host.pidNamespace
  if (near && !host.isAlive({ pid: worker.pid, startTime: worker.process_started_at })) return true
  // A process that is there but does not renew is frozen or cut off; its token keeps it from writing when it wakes.
  return clock.now() - Date.parse(worker.renewed_at) > settings.leaseDurationMs
}
