import { rmSync } from 'node:fs'
import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import type { Reply } from './FileCommit.ts'
import { replaceQuickly } from './io.ts'

/** What a process that asked is told. */
export type Answer =
  | { readonly value: unknown }
  | {
      readonly error: {
        readonly code: ErrorCode
        readonly message: string
        readonly details: Readonly<Record<string, unknown>>
      }
    }

/** An answer of a refusal. */
export function refused(error: unknown): Answer {
  if (!WorkflowError.is(error)) {
    const message = error instanceof Error ? error.message : String(error)
    return { error: { code: 'INTERNAL', message, details: {} } }
  }
  const { code, message, details } = error
  return { error: { code, message, details } }
}

/** What an answer says. @throws WorkflowError the refusal. */
export function openAnswer(answer: Answer): unknown {
  if ('value' in answer) return answer.value
  const { code, message, details } = answer.error
  throw new WorkflowError(code, message, { details })
}

/** Answers where nothing was changed: asked again after a crash, the answer would be the same. */
export function answerQuickly(replies: readonly Reply[]): void {
  for (const { write, remove } of replies) {
    replaceQuickly(write.path, write.text)
    for (const path of remove) rmSync(path, { force: true })
  }
}
