import type { WorkerRow } from '@holdfast/store/contract'
import type { HostPort } from '@holdfast/workflow-sdk/ports'
import type { EngineDependencies } from '../dependencies.ts'

/**
 * Makes the runs of dead workers due. On the same host, boot and pid namespace pid and start time prove death
 * at once; in every other case the lease decides (W1).
 */
export async function releaseDeadWorkers(deps: EngineDependencies, ownId: string): Promise<void> {
  const facts = { host: deps.host, now: deps.clock.now(), leaseDurationMs: deps.settings.leaseDurationMs }
  for (const worker of await deps.store.listWorkers()) {
    if (worker.id !== ownId && isDead(worker, facts)) await deps.store.releaseRunsOfWorker(worker.id)
  }
}

/** Whether a worker is gone for sure (W1). `now` in milliseconds since 1970. */
export function isDead(
  worker: WorkerRow,
  {
    host,
    now,
    leaseDurationMs,
  }: { readonly host: HostPort; readonly now: number; readonly leaseDurationMs: number },
): boolean {
  const near =
    worker.host_id === host.hostId &&
    worker.boot_id === host.bootId &&
    worker.pid_namespace === host.pidNamespace
  if (near && !host.isAlive({ pid: worker.pid, startTime: worker.process_started_at })) return true
  // A process that is there but does not renew is frozen or cut off; its token keeps it from writing when it wakes.
  return now - Date.parse(worker.renewed_at) > leaseDurationMs
}
