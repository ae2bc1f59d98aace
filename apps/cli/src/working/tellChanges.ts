import type { Holdfast } from '@holdfast/runtime'
import { isTerminal, type WorkflowStatus } from '@holdfast/workflow-sdk'
import type { Io } from '../io.ts'
import { formatTime, oneLine, shortId } from '../output/format.ts'
import { wrap } from '../output/wrap.ts'

/** Says each change of a run's status: a line on stderr, or with `--json` a document per line on stdout. */
export function tellChanges(io: Io, { store }: Holdfast, json: boolean): () => void {
  const last = new Map<string, WorkflowStatus>()
  return store.watch(({ runId }) => {
    if (runId === null) return
    store.findWorkflowRun(runId).then(
      (run) => {
        if (run === null || last.get(runId) === run.status) return
        if (isTerminal(run.status)) last.delete(runId)
        else last.set(runId, run.status)
        const { id, workflow_name, status, waiting_for, error_message } = run
        if (json) {
          io.stdout.write(`${JSON.stringify({ id, workflow_name, status, waiting_for, error_message })}\n`)
          return
        }
        const why = oneLine(error_message ?? waiting_for?.detail ?? '')
        const time = formatTime(new Date().toISOString())
        const line = `${time} run ${shortId(id)} (${workflow_name}) ${status}${why === '' ? '' : `: ${why}`}`
        io.stderr.write(`${wrap(io.stderr, line, 9)}\n`)
      },
      // What cannot be told is not worth an end: the next change is told again.
      () => {},
    )
  })
}
