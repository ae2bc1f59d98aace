import type { AnswerRecord, Place, QuestionRecord } from '../journal/records.ts'

/** An answer that counts, and the place in the journal from which on it does. */
export interface Decision {
  readonly answer: AnswerRecord
  readonly place: Place
}

/**
 * The decision about a question whose answers count as soon as they are given, but for a yes that is bound to files:
 * that one counts once it was confirmed. Null while there is none.
 */
export function decisionOf(record: QuestionRecord): Decision | null {
  const { answers, shown, confirmed } = record
  const atOnce = [...answers.values()].find((answer) => !answer.approved || !shown.has(answer.revision))
  const bound = confirmed === null ? undefined : answers.get(confirmed.revision)
  if (bound === undefined || confirmed === null)
    return atOnce === undefined ? null : { answer: atOnce, place: atOnce }
  return atOnce !== undefined && atOnce.sequence < confirmed.sequence
    ? { answer: atOnce, place: atOnce }
    : { answer: bound, place: confirmed }
}

/** Whether an answer to the present revision stands, or counted already: then it cannot be withdrawn. */
export function isDecided(record: QuestionRecord): boolean {
  return record.shown.size === 0 ? record.answers.has(record.revision) : decisionOf(record) !== null
}
