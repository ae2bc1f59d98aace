import { randomUUID } from 'node:crypto'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type {
  AppendReceipt,
  ClaimedRun,
  IWorkflowStore,
  NewWorkflowRun,
  ParkRequest,
  WorkerRow,
} from '../contract/index.ts'
import type { StoreOptions } from '../sqlite/openSqliteStore.ts'
import type { Backend } from './Backend.ts'

/** Where the clock of a bench begins. */
const START = Date.parse('2026-01-01T00:00:00.000Z')

/** A run with the token of its owner. */
export interface OwnedRun {
  readonly id: string
  readonly token: string
}

/** An open store with a project, a workflow, a worker and a clock that the test moves. */
export class Bench {
  readonly store: IWorkflowStore
  readonly projectId: string
  readonly workflowId: string
  readonly workerId: string
  readonly clock: { ms: number }

  private constructor(parts: Pick<Bench, 'store' | 'projectId' | 'workflowId' | 'workerId' | 'clock'>) {
    this.store = parts.store
    this.projectId = parts.projectId
    this.workflowId = parts.workflowId
    this.workerId = parts.workerId
    this.clock = parts.clock
  }

  static async open(backend: Backend, options: StoreOptions = {}): Promise<Bench> {
    const clock = { ms: START }
    const store = await backend.open({ now: () => clock.ms, ...options })
    const project = await store.ensureProject({ name: 'shop', path: '/projects/shop' })
    const { definition } = await store.registerWorkflow({
      projectId: project.id,
      name: 'build',
      description: 'Builds',
      filePath: 'build.ts',
      config: { timeoutMs: 1000 },
      source: 'export default 1',
      bundle: 'bundle 1',
      contentHash: 'hash-1',
      lockHash: null,
    })
    const workerId = 'worker-1'
    await registerWorker(store, workerId)
    return new Bench({ store, projectId: project.id, workflowId: definition.id, workerId, clock })
  }

  /** The clock as ISO text. */
  get now(): string {
    return new Date(this.clock.ms).toISOString()
  }

  /** A new run with the usual values. */
  newRun(more: Partial<NewWorkflowRun> = {}): NewWorkflowRun {
    return {
      id: randomUUID(),
      projectId: this.projectId,
      workflowId: this.workflowId,
      workflowName: 'build',
      workflowVersion: 1,
      input: { json: { feature: 'search' } },
      taskInput: 'Build the search',
      parentRunId: null,
      parentKey: null,
      onParentClose: 'cancel',
      sessionId: null,
      sessionName: null,
      userId: null,
      triggeringObjectId: null,
      workspaceKind: 'project',
      allowDirty: false,
      timeoutMs: 60_000,
      deadlineAt: null,
      onFailure: 'fail',
      state: {},
      previousRunId: null,
      workspaceId: null,
      tags: {},
      ...more,
    }
  }

  /** A run that this bench's worker owns: `run.created` and `run.started` are its events. */
  async startRun(more: Partial<NewWorkflowRun> = {}): Promise<OwnedRun> {
    const { run, claimed } = await this.store.createWorkflowRun({
      ...this.newRun(more),
      claim: { workerId: this.workerId, cause: 'start' },
    })
    if (claimed === null) throw new Error('the run was not claimed')
    return { id: run.id, token: claimed.ownerToken }
  }

  /** Appends as the owner. */
  append(run: OwnedRun, ...events: readonly NewJournalEvent[]): Promise<AppendReceipt> {
    return this.store.appendAsOwner({ runId: run.id, ownerToken: run.token, appendId: randomUUID(), events })
  }

  /** Parks at the last event, for an event unless the request says otherwise. */
  async park(run: OwnedRun, more: Partial<ParkRequest> = {}): Promise<boolean> {
    const { parked } = await this.store.parkRun({
      runId: run.id,
      ownerToken: run.token,
      seenSequence: more.seenSequence ?? (await this.store.lastSequence(run.id)),
      wakeAt: null,
      waitingFor: { reason: 'event', since: this.now, until: null, detail: 'news' },
      activeMs: 10,
      events: [],
      ...more,
    })
    return parked
  }

  /** Claims what is due for this bench's worker. */
  claim(limit = 10, workerId = this.workerId): Promise<ClaimedRun[]> {
    return this.store.claimDueRuns({ workerId, limit, now: this.now })
  }

  /** Types of a run's events in order. */
  async types(runId: string): Promise<string[]> {
    return (await this.store.listWorkflowEvents({ runId })).map((event) => event.type)
  }
}

/** Registers a worker with this id. */
export async function registerWorker(
  store: IWorkflowStore,
  id: string,
  more: Partial<WorkerRow> = {},
): Promise<void> {
  await store.registerWorker({
    id,
    host_id: 'host',
    boot_id: 'boot',
    pid_namespace: 'pid:[1]',
    pid: 42,
    process_started_at: '100',
    concurrency: 4,
    workspace_group: null,
    ...more,
  })
}
