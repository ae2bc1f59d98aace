import type { Engine } from '@holdfast/engine'
import type { IWorkflowStore } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Io } from '../io.ts'
import type { RunTree } from '../progress/Follower.ts'
import type { QuestionProgress } from '../progress/RunProgress.ts'
import { askPerson } from './askPerson.ts'

/** A question of a run of the tree. */
export interface OpenQuestion extends QuestionProgress {
  readonly runId: string
}

/** How asking ended. */
export type AskOutcome = 'answered' | 'withdrawn' | 'later' | 'interrupted'

/** Every open question of a tree. */
export function openQuestions(tree: RunTree): OpenQuestion[] {
  return [...tree.values()].flatMap((run) =>
    [...run.questions.values()].map((question) => ({ ...question, runId: run.runId })),
  )
}

/** Tells a question from all others, its later revisions included. */
export function questionId(question: OpenQuestion): string {
  return `${question.runId} ${question.key} ${question.revision}`
}

/**
 * Asks a person on the terminal and gives the answer to the run. An answer that does not fit is asked again.
 * @param signal Aborts when somebody else answered or the question was withdrawn.
 */
export async function settleQuestion(
  io: Io,
  engine: Engine,
  store: IWorkflowStore,
  question: OpenQuestion,
  by: string | null,
  signal: AbortSignal,
): Promise<AskOutcome> {
  for (;;) {
    const answer = await askPerson(io, question, signal)
    if (signal.aborted) return 'withdrawn'
    if (answer === 'later' || answer === 'interrupted') return answer
    try {
      const rows = await store.listApprovals({ runId: question.runId, status: 'open' })
      const row = rows.find((open) => open.approval_key === question.key)
      if (row === undefined) return 'withdrawn'
      await engine.answer(question.runId, { ...answer, by, approvalId: row.id, revision: question.revision })
      return 'answered'
    } catch (error) {
      if (
        WorkflowError.has(error, 'ALREADY_ANSWERED', 'APPROVAL_CHANGED', 'APPROVAL_NOT_FOUND', 'RUN_FINISHED')
      ) {
        io.stderr.write(`${error.message}\n`)
        return 'withdrawn'
      }
      if (!WorkflowError.has(error, 'ANSWER_INVALID')) throw error
      io.stderr.write(`${error.message}\n`)
    }
  }
}
