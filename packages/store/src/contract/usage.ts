/** What usage is summed by. */
export type UsageGroup = 'run' | 'step' | 'agent' | 'model' | 'workflow' | 'project' | 'day'

/** Which model calls are summed, and by what. */
export interface UsageQuery {
  readonly groupBy: UsageGroup
  readonly projectId?: string
  /** Calls of this run alone. */
  readonly runId?: string
  /** Calls of this run and of every run below it. */
  readonly rootRunId?: string
  /** Made at or after this ISO time. */
  readonly from?: string
  /** Made before this ISO time. */
  readonly to?: string
}

/** Sums over the model calls of one group. */
export interface UsageSum {
  /**
   * Id of the run, step or project, name of the agent, model or workflow, or the day in UTC (`2026-11-24`); null for
   * calls outside of a step or of an agent.
   */
  readonly key: string | null
  /** The step's name; with other groups the key again. */
  readonly label: string | null
  readonly calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cached_read_tokens: number
  readonly cached_write_tokens: number
  readonly reasoning_tokens: number
  readonly total_tokens: number
  /** US dollars of the calls whose price is known; null when none is. */
  readonly cost: number | null
  /** Calls that are missing in `cost`. */
  readonly cost_unknown_calls: number
}
