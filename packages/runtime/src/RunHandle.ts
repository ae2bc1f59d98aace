import type { IWorkflowStore, WorkflowRunRow } from '@holdfast/store/contract'
import { ERRORS, isTerminal, WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'

/** A started run, for the program that started it. */
export class RunHandle {
  readonly id: string
  /** Its row as it was at the start. */
  readonly started: WorkflowRunRow
  readonly #store: IWorkflowStore

  constructor(store: IWorkflowStore, started: WorkflowRunRow) {
    this.#store = store
    this.started = started
    this.id = started.id
  }

  /** Its row as it is now. */
  async current(): Promise<WorkflowRunRow> {
    return await this.#store.getWorkflowRun(this.id)
  }

  /**
   * Its row once it is over, however it ended. Somebody has to execute it: a worker of this process or of
   * another one.
   * @throws WorkflowError `STORE_CLOSED` when the store is closed before that, or what took the store away.
   */
  async finished(): Promise<WorkflowRunRow> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkflowRunRow>()
    const look = (): void => {
      this.current().then((run) => {
        if (isTerminal(run.status)) resolve(run)
      }, reject)
    }
    const unwatch = this.#store.watch(({ runId }) => {
      if (runId === null || runId === this.id) look()
    }, reject)
    look()
    try {
      return await promise
    } finally {
      unwatch()
    }
  }

  /**
   * What the workflow returned, once it is there.
   * @throws WorkflowError With the code of the run's error when it failed; `RUN_CANCELLED` when it was cancelled or killed.
   */
  async output(): Promise<Json> {
    const run = await this.finished()
    if (run.status === 'completed') return run.output
    const reason = run.error_message ?? 'no error was recorded'
    throw new WorkflowError(
      codeOf(run),
      `Run ${run.id} of workflow "${run.workflow_name}" is ${run.status}: ${reason}.`,
      { details: { runId: run.id, status: run.status, error: run.error } },
    )
  }
}

function codeOf(run: WorkflowRunRow): ErrorCode {
  if (run.status === 'cancelled' || run.status === 'killed') return 'RUN_CANCELLED'
  const code = run.error?.code ?? ''
  if (code in ERRORS) return code as ErrorCode
  return run.status === 'timed_out' ? 'RUN_TIMED_OUT' : 'STEP_FAILED'
}
