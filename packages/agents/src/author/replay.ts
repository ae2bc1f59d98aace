import type { AgentReference } from '@holdfast/workflow-sdk'

/** Settings of the replay adapter. */
export interface ReplaySettings {
  /**
   * A recording (`.json`) or a folder of recordings, which are read in the order of their names.
   * Absolute, or relative to the folder in which the step works.
   */
  readonly recording: string
  /** Factor on recorded delays: 1 plays them as recorded, 0 leaves them out; default 0.1. */
  readonly timeScale?: number
}

/** An agent that plays recorded sessions back: file edits, usage and answers, without a model. */
export function replay(settings: ReplaySettings): AgentReference {
  return { agent: 'replay', settings: { ...settings } }
}
