import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Covers } from '../journal/approvals.ts'
import type { Duration } from '../values/duration.ts'
import type { ArtifactType } from '../values/statuses.ts'
import type { CallOptions } from './options.ts'

/** A remark in the audit trail, as stored. */
export interface Comment {
  readonly id: string
  readonly message: string
  readonly metadata: unknown
  /** ISO time. */
  readonly createdAt: string
}

/** A stored file, as `ctx.artifact` answers it. */
export interface Artifact {
  readonly id: string
  readonly name: string
  readonly type: ArtifactType
  /** Relative to the project's root. */
  readonly storagePath: string
  readonly mimeType: string
  readonly sizeBytes: number
  readonly createdAt: string
}

/** What is kept as an artifact: a file of the workspace, or text or bytes. */
export interface ArtifactOptions extends CallOptions {
  /** File to copy, relative to the workspace. */
  readonly path?: string
  readonly content?: string | Uint8Array
  readonly type?: ArtifactType
  readonly mimeType?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A question that is answered by yes or no. */
export interface ApproveOptions extends CallOptions {
  readonly title: string
  /** Markdown. */
  readonly body?: string
  readonly timeoutMs?: Duration
  /** What a time-out means; default `reject`. */
  readonly onTimeout?: 'reject' | 'approve' | 'fail'
  /**
   * The files that a yes is about: all of the workspace, the commit that is checked out, or those at and below paths
   * relative to the workspace. When they change before the answer counts, it is asked anew. Default `tree` with
   * `showDiff`, else `none`. Files that git ignores are not seen.
   */
  readonly covers?: Covers | 'none'
  /** Shows what the run has changed so far below the body. */
  readonly showDiff?: boolean
}

/** The answer of an approval. */
export interface Approval {
  readonly approved: boolean
  readonly by: string | null
  readonly comment: string
  /** Names the approval within its run. */
  readonly key: string
}

/** A question that is answered by a value. */
export interface AskOptions<S extends StandardSchemaV1 = StandardSchemaV1<string>> extends CallOptions {
  readonly title: string
  readonly body?: string
  /** What an answer must fit; without one an answer is a text. */
  readonly schema?: S
  readonly timeoutMs?: Duration
}

/** An event that a run waited for. */
export interface ReceivedEvent<T = unknown> {
  readonly name: string
  readonly data: T
  readonly id: string
}

/** Options of `ctx.waitForEvent`. */
export interface WaitForEventOptions {
  /** A CEL expression over `event`, e.g. `event.data.score > 80`, or a partial object that the data must contain. */
  readonly match?: string | Readonly<Record<string, unknown>>
  readonly timeoutMs?: Duration
}
