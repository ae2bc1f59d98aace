import type { ClaimedRun, Heartbeat } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { randomUUID } from 'node:crypto'
import type { EngineDependencies } from '../dependencies.ts'
import type { Worker } from '../Engine.ts'
import { runExecution, type RunningExecution } from '../execution/runExecution.ts'
import { wakeRunsOfPlace } from '../execution/lostWorkspace.ts'
import { DeadWorkers } from './deadWorkers.ts'

/** A clock that shows so much more or less than the time that passed since the last look was set. */
const CLOCK_JUMP_MS = 500

/** A place in a worker for a run that is being created. */
export interface Seat {
  readonly workerId: string
  /** The run was created and claimed. */
  take(claim: ClaimedRun): void
  /** Gives the place back, unless it was taken. */
  release(): void
}

/**
 * Claims due runs and executes them (W1). Invariants:
 *
 * - K1 One claim is on its way at a time; whatever asks for one meanwhile makes it look again.
 * - K2 A run is in `#running` from its claim until nothing of it is left in this process.
 * - K3 A worker that could not renew its row for two thirds of its lease ends its runs before the lease is over,
 *   and claims nothing until it is registered anew: its row may be gone, and nobody would notice its death.
 * - K4 A run that left this process without an end is handed back as soon as the store takes it.
 * - K5 A worker whose store has ended works no more: its runs are let go of, and who waits for it hears why.
 */
export class ClaimLoop implements Worker {
  readonly id = randomUUID()
  readonly #deps: EngineDependencies
  readonly #concurrency: number
  readonly #dead: DeadWorkers
  /** What the clock showed beyond the time that passed, at the last look. */
  #clockOffset: number
  readonly #running = new Map<string, RunningExecution>()
  /** Runs that left without an end, and may still be this worker's (K4), with their running time. */
  readonly #owed = new Map<ClaimedRun, number>()
  #heartbeat: Heartbeat | null = null
  #claimed: Promise<void> = Promise.resolve()
  #unwatch: () => void = () => {}
  #stopPoll: () => void = () => {}
  #stopLeaseWatch: () => void = () => {}
  #stopWake: () => void = () => {}
  #reserved = 0
  #claiming = false
  #again = false
  #stopped = false
  #stopping: Promise<void> | null = null
  #storeEnded: WorkflowError | null = null
  readonly #end = Promise.withResolvers<WorkflowError | null>()

  constructor(deps: EngineDependencies, concurrency: number) {
    this.#deps = deps
    this.#concurrency = concurrency
    this.#dead = new DeadWorkers(deps, this.id)
    this.#clockOffset = deps.clock.now() - deps.clock.monotonic()
  }

  activeRuns(): readonly string[] {
    return [...this.#running.keys()]
  }

  get ended(): Promise<WorkflowError | null> {
    return this.#end.promise
  }

  /** Registers the worker's row and begins to claim. What fails leaves nothing behind. */
  async start(): Promise<this> {
    const { store, settings } = this.#deps
    await this.#register()
    try {
      this.#heartbeat = await store.startHeartbeat(this.id, { intervalMs: settings.heartbeatIntervalMs })
      this.#unwatch = store.watch(
        ({ runId, sequence }) => this.#noticed(runId, sequence),
        (reason) => this.#abandon(reason),
      )
      await this.#dead.release()
      await wakeRunsOfPlace(this.#deps)
    } catch (error) {
      // What failed is told; the same store may refuse to take the worker's leave as well.
      await this.stop().catch(() => {})
      throw error
    }
    this.#poll()
    this.#watchLease()
    this.claimSoon()
    return this
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop('handed-over')
    return this.#stopping
  }

  async #stop(reason: 'handed-over' | 'lost'): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    this.#stopPoll()
    this.#stopLeaseWatch()
    this.#stopWake()
    for (const running of this.#running.values()) running.leave(reason)
    try {
      // A claim that is on its way is adopted, and left at once.
      await this.#claimed
      await Promise.all([...this.#running.values()].map((running) => running.done))
      await this.#heartbeat?.stop()
      if (this.#storeEnded === null) await this.#deps.store.retireWorker(this.id)
    } finally {
      this.#end.resolve(this.#storeEnded)
    }
  }

  /** Nothing that happens from now on could be kept (K5). */
  #abandon(reason: WorkflowError): void {
    this.#storeEnded = reason
    for (const running of this.#running.values()) running.leave('lost')
    this.#stopping ??= this.#stop('lost')
    this.#stopping.catch(() => {})
  }

  /** A run in memory reads on; a commit of any other run, or of another process, may have made one due. */
  #noticed(runId: string | null, sequence: number): void {
    const running = runId === null ? undefined : this.#running.get(runId)
    if (running !== undefined) {
      running.noticed(sequence)
      return
    }
    if (runId === null) for (const each of this.#running.values()) void this.#look(each)
    this.claimSoon()
  }

  /** Looks for due runs (K1). */
  claimSoon(): void {
    if (this.#stopped || this.#isLate) return
    if (this.#claiming) {
      this.#again = true
      return
    }
    this.#claiming = true
    this.#claimed = this.#claim()
  }

  /** Takes a run that was claimed in the transaction that created it. */
  adopt(claim: ClaimedRun): void {
    const running = runExecution(claim, this.#deps)
    this.#running.set(running.runId, running)
    if (this.#stopped) running.leave('handed-over')
    void running.done.then((reason) => {
      this.#running.delete(running.runId)
      if (reason === 'lost') this.#owed.set(claim, running.activeMs())
      this.claimSoon()
    })
  }

  /** Keeps a place for a run that is being created, or null where there is none. */
  reserve(): Seat | null {
    if (!this.#hasRoom) return null
    this.#reserved++
    let held = true
    const release = (): void => {
      if (held) this.#reserved--
      held = false
    }
    return {
      workerId: this.id,
      take: (claim) => {
        release()
        this.adopt(claim)
      },
      release,
    }
  }

  get #hasRoom(): boolean {
    return !this.#stopped && !this.#isLate && this.#room > 0
  }

  get #room(): number {
    return this.#concurrency - this.#running.size - this.#reserved
  }

  /** Whether the worker may count as dead soon, or does already (K3). */
  get #isLate(): boolean {
    return (this.#heartbeat?.sinceRenewedMs() ?? 0) > (this.#deps.settings.leaseDurationMs * 2) / 3
  }

  async #register(): Promise<void> {
    const { store, host } = this.#deps
    await store.registerWorker({
      id: this.id,
      host_id: host.hostId,
      boot_id: host.bootId,
      pid_namespace: host.pidNamespace,
      pid: host.self.pid,
      process_started_at: host.self.startTime,
      concurrency: this.#concurrency,
      workspace_group: this.#deps.workspaceGroup,
    })
  }

  /** Lets go of everything and begins as a worker without runs (K3). */
  async #beginAnew(): Promise<void> {
    for (const running of this.#running.values()) running.leave('lost')
    await this.#claimed
    for (const running of this.#running.values()) running.leave('lost')
    await Promise.all([...this.#running.values()].map((running) => running.done))
    await this.#deps.store.releaseRunsOfWorker(this.id)
    this.#owed.clear()
    if (!this.#stopped) await this.#register()
  }

  /** Hands back what left without an end (K4); what is somebody else's by now is refused, and settled by that. */
  async #handBack(): Promise<void> {
    for (const [claim, activeMs] of this.#owed) {
      const { run, ownerToken } = claim
      try {
        await this.#deps.store.handBackRun({ runId: run.id, ownerToken, activeMs })
      } catch (error) {
        if (WorkflowError.is(error) && error.retryable) throw error
      }
      this.#owed.delete(claim)
    }
  }

  async #claim(): Promise<void> {
    const { store, clock } = this.#deps
    try {
      do {
        this.#again = false
        const limit = this.#room
        if (limit <= 0) break
        const claims = await store.claimDueRuns({
          workerId: this.id,
          limit,
          now: new Date(clock.now()).toISOString(),
        })
        for (const claim of claims) this.adopt(claim)
        if (claims.length > 0) this.#again = true
      } while (this.#again && !this.#stopped)
      await this.#armWake()
    } catch {
      // The store is away: the poll tries again.
    } finally {
      this.#claiming = false
    }
    if (this.#again) this.claimSoon()
  }

  /** Runs whose host is away for long are taken here only to ask about them (W2). */
  async #claimLost(): Promise<void> {
    const { store, clock, settings } = this.#deps
    if (!this.#hasRoom) return
    const now = clock.now()
    const claims = await store.claimLostRuns({
      workerId: this.id,
      limit: this.#room,
      now: new Date(now).toISOString(),
      dueBefore: new Date(now - settings.workspaceLostAfterMs).toISOString(),
    })
    for (const claim of claims) this.adopt(claim)
  }

  async #armWake(): Promise<void> {
    this.#stopWake()
    if (this.#stopped || !this.#hasRoom) return
    const dueAt = await this.#deps.store.nextDueAt(this.id)
    if (dueAt === null || this.#stopped) return
    const delayMs = Math.max(1, Date.parse(dueAt) - this.#deps.clock.now())
    this.#stopWake = this.#deps.clock.setTimer(delayMs, () => this.claimSoon())
  }

  #poll(): void {
    if (this.#stopped) return
    this.#stopPoll = this.#deps.clock.setTimer(this.#deps.settings.pollIntervalMs, () => void this.#pollNow())
  }

  async #pollNow(): Promise<void> {
    this.#lookAtClock()
    try {
      if (this.#isLate || !(await this.#deps.store.listWorkers()).some((worker) => worker.id === this.id))
        await this.#beginAnew()
      await this.#handBack()
      await this.#dead.release()
      await this.#claimLost()
      for (const running of this.#running.values()) void this.#look(running)
      this.claimSoon()
    } catch {
      // The store is away: the next poll tries again.
    }
    this.#poll()
  }

  /** Ends runs in time (K3) also while the poll waits for a store that neither answers nor breaks, as behind a cut cable. */
  #watchLease(): void {
    if (this.#stopped) return
    this.#stopLeaseWatch = this.#deps.clock.setTimer(this.#deps.settings.pollIntervalMs, () => {
      if (this.#isLate) for (const running of this.#running.values()) running.leave('lost')
      this.#watchLease()
    })
  }

  /** A machine that was suspended or whose clock was set goes on with timers that know nothing of it. */
  #lookAtClock(): void {
    const { clock } = this.#deps
    const offset = clock.now() - clock.monotonic()
    if (Math.abs(offset - this.#clockOffset) > CLOCK_JUMP_MS)
      for (const running of this.#running.values()) running.clockMoved()
    this.#clockOffset = offset
  }

  /** Another process wrote something: perhaps to this run. */
  async #look(running: RunningExecution): Promise<void> {
    try {
      running.noticed(await this.#deps.store.lastSequence(running.runId))
    } catch {
      // The next look finds it.
    }
  }
}
