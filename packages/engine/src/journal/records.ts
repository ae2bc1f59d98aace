import type { ErrorRecord } from '@holdfast/workflow-sdk'
import type {
  EventPayloads,
  Json,
  ModelCall,
  ProcessIdentity,
  ShownTree,
  StateChange,
  StepKind,
  StoredValue,
} from '@holdfast/workflow-sdk/journal'

/** Where a result lies in the journal. */
export interface Place {
  readonly sequence: number
  /** ISO. */
  readonly timestamp: string
}

/** How a step ended. */
export type StepResult = Place &
  (
    | { readonly how: 'completed'; readonly output: StoredValue; readonly state: readonly StateChange[] }
    | { readonly how: 'failed'; readonly error: ErrorRecord; readonly attempt: number }
    | { readonly how: 'skipped' }
    | { readonly how: 'cancelled'; readonly reason: string }
  )

/** Where an unfinished step stands. */
export type StepPhase =
  | {
      readonly at: 'running'
      readonly startedAt: string
      /** Running time of the run at that moment, in milliseconds; null in journals that do not say it. */
      readonly startedActiveMs: number | null
      /** Milliseconds that it had run when a question about its budget stopped it; null: it was not stopped. */
      readonly stoppedAfterMs: number | null
      /** How long it had run, and running time of the run, when it went on after such a question; null: it did not. */
      readonly wentOn: { readonly ranMs: number; readonly activeMs: number } | null
      readonly processes: readonly ProcessIdentity[]
      readonly agentSessionId: string | null
      /** Repairs of its answer that the agent was asked for. */
      readonly repairs: number
      /** Calls of a model that the attempt began, by repair. */
      readonly modelCalls: readonly ModelCall[]
    }
  | {
      readonly at: 'retrying'
      /** Place of its event in the journal. */
      readonly sequence: number
      readonly retryAt: string
      readonly error: ErrorRecord
      /** Session of the attempt that failed. */
      readonly agentSessionId: string | null
    }

/** What the journal says of a step. */
export interface StepRecord {
  readonly is: 'step'
  readonly key: string
  readonly name: string
  readonly kind: StepKind
  readonly hash: string
  readonly stepNumber: number
  /** Sequence of its first `step.started`: the step's id is `{runId}.{sequence}.0`. */
  readonly startedSequence: number
  attempt: number
  /** Where each attempt began, oldest first. */
  readonly starts: (Place & { readonly attempt: number })[]
  phase: StepPhase
  /** Attempts that only waited for the quota of a provider; the retry policy does not count them. */
  quotaWaits: number
  /** Tree before the attempt that runs, where it was taken exactly. */
  treeBefore: string | null
  /** Version of the prompt that the step uses, in all of its attempts. */
  promptId: string | null
  child: { readonly runId: string; ended: boolean } | null
  result: StepResult | null
}

/** How a timer or event wait ended. */
export type WaitResult = Place & {
  readonly how: 'time' | 'event' | 'cancelled'
  readonly event: EventPayloads['event.received'] | null
}

/** What the journal says of a timer or event wait. */
export interface WaitRecord {
  readonly is: 'wait'
  readonly key: string
  readonly hash: string
  readonly startedSequence: number
  readonly until: string | null
  result: WaitResult | null
}

/** One answer to a question. */
export interface AnswerRecord extends Place {
  readonly revision: number
  readonly approved: boolean
  readonly answer: Json
  readonly comment: string
  readonly by: string | null
  readonly how: 'person' | 'time'
}

/** What the journal says of an approval or question. */
export interface QuestionRecord {
  readonly is: 'question'
  readonly key: string
  readonly hash: string
  /** Latest revision that was asked. */
  revision: number
  until: string | null
  since: string
  /** By revision. */
  readonly answers: Map<number, AnswerRecord>
  /** What each revision showed, where a yes to it is bound to files. */
  readonly shown: Map<number, ShownTree>
  /** How often it was asked anew because the files had changed. */
  reopened: number
  /** Where the answer of a revision was found to be about the files as they were. */
  confirmed: (Place & { readonly revision: number }) | null
  withdrawn: (Place & { readonly reason: string; readonly error: ErrorRecord | null }) | null
}

/** What the journal says of a call that is over the moment it is written. */
export interface NoteRecord {
  readonly is: 'note'
  readonly key: string
  readonly type: 'comment.added' | 'artifact.created' | 'state.set' | 'run.updated'
  readonly place: Place
  readonly payload:
    | EventPayloads['comment.added']
    | EventPayloads['artifact.created']
    | EventPayloads['state.set']
    | EventPayloads['run.updated']
}

/** Everything that can lie under a key. */
export type CallRecord = StepRecord | WaitRecord | QuestionRecord | NoteRecord

/** An event that came from outside and has not been consumed. */
export interface PendingEvent extends Place {
  readonly payload: EventPayloads['event.received']
}
