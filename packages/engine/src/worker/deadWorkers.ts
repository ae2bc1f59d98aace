import type { SeenWorker, WorkerRow } from '@holdfast/store/contract'
import type { HostPort } from '@holdfast/workflow-sdk/ports'
import type { EngineDependencies } from '../dependencies.ts'

/** What was seen of a worker's row, and when at the latest it was renewed, in milliseconds of the monotonic clock. */
interface Sight {
  /** Milliseconds since 1970, as the row says. */
  readonly renewedAt: number
  readonly at: number
  /** When this renewal was seen first, on the same clock. */
  readonly firstAt: number
}

/**
 * Makes the runs of dead workers due (W1). Where pid and start time can be looked up they prove death at once.
 * In every other case a worker is dead when its row was not renewed for a lease, as the looker's own monotonic
 * clock counts it: the clocks of machines differ and jump (time servers, a suspended machine), and a worker that
 * lives must not lose its runs to that.
 *
 * A store with a clock that all share says itself for how long a row was not renewed, so that whoever has just
 * started need not watch for a lease. It watches for a heartbeat still: that clock may have been set, and by then
 * whoever lives has renewed its row by it.
 */
export class DeadWorkers {
  readonly #deps: EngineDependencies
  readonly #ownId: string
  #seen: ReadonlyMap<string, Sight> = new Map()
  #lookedAt: number | null = null

  constructor(deps: EngineDependencies, ownId: string) {
    this.#deps = deps
    this.#ownId = ownId
  }

  /** Looks at all workers. */
  async release(): Promise<void> {
    const { store, host, clock } = this.#deps
    const workers = (await store.listWorkers()).filter((worker) => worker.id !== this.#ownId)
    const now = clock.monotonic()
    this.#seen = new Map(workers.map((worker) => [worker.id, this.#sightOf(worker, now)]))
    this.#lookedAt = now
    for (const worker of workers) {
      if (this.#isSilent(worker, now) || processOf(worker, host) === 'gone')
        await store.releaseRunsOfWorker(worker.id)
    }
  }

  #isSilent({ id, silentMs }: SeenWorker, now: number): boolean {
    const { leaseDurationMs, heartbeatIntervalMs } = this.#deps.settings
    const sight = this.#seen.get(id)
    if (sight === undefined) return false
    if (now - sight.at > leaseDurationMs) return true
    return silentMs !== null && silentMs > leaseDurationMs && now - sight.firstAt > heartbeatIntervalMs
  }

  /** A renewal that is seen for the first time was made since the last look; the clock says when, as far as that can be. */
  #sightOf(worker: WorkerRow, now: number): Sight {
    const { clock, settings } = this.#deps
    const known = this.#seen.get(worker.id)
    const renewedAt = Date.parse(worker.renewed_at)
    // A store with a clock of its own tells the same time anew in each answer, a little different each time.
    if (known !== undefined && Math.abs(renewedAt - known.renewedAt) < settings.heartbeatIntervalMs / 2)
      return known
    const sinceLookMs = this.#lookedAt === null ? 0 : now - this.#lookedAt
    const ageMs = clock.now() - renewedAt
    return { renewedAt, at: now - Math.min(Math.max(ageMs, 0), sinceLookMs), firstAt: now }
  }
}

/** What the process table says of a worker; `elsewhere` where this process cannot look: another host, boot or pid namespace. */
export function processOf(worker: WorkerRow, host: HostPort): 'gone' | 'there' | 'elsewhere' {
  const isNear =
    worker.host_id === host.hostId &&
    worker.boot_id === host.bootId &&
    worker.pid_namespace === host.pidNamespace
  if (!isNear) return 'elsewhere'
  return host.isAlive({ pid: worker.pid, startTime: worker.process_started_at }) ? 'there' : 'gone'
}

/**
 * Whether a worker is gone, as far as one look can tell: where its process cannot be looked up, whether its row
 * was renewed within a lease by the clock. `now` in milliseconds since 1970.
 */
export function isDead(
  worker: WorkerRow,
  look: { readonly host: HostPort; readonly now: number; readonly leaseDurationMs: number },
): boolean {
  const process = processOf(worker, look.host)
  if (process !== 'elsewhere') return process === 'gone'
  return look.now - Date.parse(worker.renewed_at) > look.leaseDurationMs
}
