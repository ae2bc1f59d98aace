import { EventEmitter, once } from 'node:events'
import type { Holdfast } from '@holdfast/runtime'
import type { ApprovalRow } from '@holdfast/store/contract'
import { isTerminal } from '@holdfast/workflow-sdk'

/** What a person says to a question of a run. */
export interface Said {
  readonly approved: boolean
  readonly comment?: string
}

/** Answers what a run asks while it waits, until it is over or an answer is null. Somebody else executes it. */
export async function answerUntilOver(
  { store, engine }: Pick<Holdfast, 'store' | 'engine'>,
  runId: string,
  answerTo: (question: ApprovalRow) => Said | null = () => ({ approved: true }),
): Promise<void> {
  const isOver = async (): Promise<boolean> => {
    const run = await store.getWorkflowRun(runId)
    const open = run.status === 'waiting' ? await store.listApprovals({ runId, status: 'open' }) : []
    for (const question of open) {
      const said = answerTo(question)
      if (said === null) return true
      await engine.answer(runId, { approvalId: question.id, by: 'driver', ...said })
    }
    return isTerminal(run.status)
  }
  const changes = new EventEmitter()
  let changed = true
  const unwatch = store.watch(() => {
    changed = true
    changes.emit('change')
  })
  while (!(await isOver())) {
    if (!changed) await once(changes, 'change')
    changed = false
  }
  unwatch()
}
