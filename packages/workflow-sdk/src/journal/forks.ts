/** Where a forked run comes from (W4). */
export interface ForkOrigin {
  readonly runId: string
  /** Key of the step that is the first to run anew. */
  readonly stepKey: string
  /** Up to this sequence the journal was taken over. */
  readonly throughSequence: number
  /** ISO: what `ctx.now()` says before the first result. */
  readonly beganAt: string
  /**
   * Whose id `ctx.uuid` and `ctx.random` are worked out from while no result after `throughSequence` was delivered,
   * oldest first: what was taken over was made with it.
   */
  readonly identities: readonly { readonly runId: string; readonly throughSequence: number }[]
  /** The kept commit that its files come from; null where the original had no workspace. */
  readonly files: {
    readonly commit: string
    readonly ref: string
    /** The commit that was checked out; null before the first one. */
    readonly head: string | null
    /** Where the original began, from which its difference is counted. */
    readonly initialCommit: string | null
    /** False: the nearest one, not exactly that of the step. */
    readonly exact: boolean
  } | null
  /** The original's, on whose host the files are. */
  readonly workspaceId: string | null
}
