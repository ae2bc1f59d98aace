import type { IWorkflowStore, WorkerRow, WorkflowRunRow } from '@holdfast/store/contract'

/**
 * Who executes a run that its journal calls running, as seen at the moment of the question: a process that dies
 * writes nothing any more.
 *
 * - `working` its worker is there.
 * - `silent` its worker has not renewed its row for a lease: frozen, cut off, or gone with its machine.
 * - `gone` its worker's process has ended.
 * - `none` no worker holds it.
 */
export interface RunOwner {
  readonly state: 'working' | 'silent' | 'gone' | 'none'
  readonly worker_id: string | null
  readonly host_id: string | null
  readonly pid: number | null
  /** ISO time of the worker's last sign of life. */
  readonly renewed_at: string | null
  /** A sentence for people. */
  readonly detail: string
}

type Run = Pick<WorkflowRunRow, 'id' | 'status' | 'worker_id'>

/**
 * The owners of runs, by id; runs that nobody has to execute now (over, waiting, paused, not started) have none.
 * @param now Milliseconds since 1970.
 */
export async function ownersOf(
  store: IWorkflowStore,
  runs: readonly Run[],
  now: number,
): Promise<ReadonlyMap<string, RunOwner>> {
  const running = runs.filter(({ status }) => status === 'running' || status === 'cancelling')
  if (running.length === 0) return new Map()
  const workers = new Map((await store.listWorkers()).map((worker) => [worker.id, worker]))
  const look = await lookFrom(now)
  return new Map(running.map((run) => [run.id, ownerOf(run, workers.get(run.worker_id ?? ''), look)]))
}

type Look = (worker: WorkerRow) => 'working' | 'silent' | 'gone'

/** Loaded only for runs that are running: most questions are about others. */
async function lookFrom(now: number): Promise<Look> {
  const [{ DEFAULT_SETTINGS, processOf }, { createHostPort }] = await Promise.all([
    import('@holdfast/engine'),
    import('@holdfast/workspace'),
  ])
  const host = createHostPort()
  return (worker) => {
    if (processOf(worker, host) === 'gone') return 'gone'
    return now - Date.parse(worker.renewed_at) > DEFAULT_SETTINGS.leaseDurationMs ? 'silent' : 'working'
  }
}

function ownerOf(run: Run, worker: WorkerRow | undefined, look: Look): RunOwner {
  if (worker === undefined) {
    const none = { worker_id: run.worker_id, host_id: null, pid: null, renewed_at: null }
    return run.worker_id === null
      ? { state: 'none', ...none, detail: 'No worker has it; the next one goes on with it.' }
      : { state: 'gone', ...none, detail: 'Its worker is gone; the next one takes it over.' }
  }
  const { id, host_id, pid, renewed_at } = worker
  const state = look(worker)
  const detail = {
    working: `Process ${pid} executes it.`,
    silent: `Its worker (process ${pid} on ${host_id}) says nothing since ${renewed_at}; another one takes it over.`,
    gone: `Its worker (process ${pid}) is gone; the next one takes it over.`,
  }[state]
  return { state, worker_id: id, host_id, pid, renewed_at, detail }
}
