/** Times and limits of an engine. All in milliseconds or bytes. */
export interface EngineSettings {
  /** A run without a call for so long is parked (S4). */
  readonly parkAfterMs: number
  /** Clean-up time of a cancelled run (S3). */
  readonly cleanupGraceMs: number
  /** How long an aborted step may take to end before nobody waits for it any more. */
  readonly abortGraceMs: number
  /** A worker that has not renewed its row for so long counts as dead (W1). */
  readonly leaseDurationMs: number
  readonly heartbeatIntervalMs: number
  /** How often a worker looks for dead workers and for runs that nobody announced. */
  readonly pollIntervalMs: number
  /** A run whose workspace is on a host without a worker for so long asks a person (W2). */
  readonly workspaceLostAfterMs: number
  /** Take-overs without a new finished step after which a person is asked (S1). */
  readonly crashLoopLimit: number
  /** Values above this size become blobs (J5). */
  readonly inlineBytes: number
  /** Largest value that can be stored (J5). */
  readonly maxValueBytes: number
  /** How long an event that is not waited for may stay in memory before it is committed. */
  readonly lazyCommitMs: number
  /** An agent that says nothing for so long is ended. */
  readonly agentIdleTimeoutMs: number
}

/** What an engine uses when nothing else is said. */
export const DEFAULT_SETTINGS: EngineSettings = {
  parkAfterMs: 1000,
  cleanupGraceMs: 30_000,
  abortGraceMs: 7000,
  leaseDurationMs: 12_000,
  heartbeatIntervalMs: 3000,
  pollIntervalMs: 2000,
  workspaceLostAfterMs: 10 * 60_000,
  crashLoopLimit: 3,
  inlineBytes: 64 * 1024,
  maxValueBytes: 50 * 1024 * 1024,
  lazyCommitMs: 50,
  agentIdleTimeoutMs: 15 * 60_000,
}
