import type { Json } from '@holdfast/workflow-sdk/journal'

/** What is known of a workflow without loading it again. */
export interface WorkflowFacts {
  readonly name: string
  readonly description: string
  /** Options of `createWorkflow` as plain JSON; `input` is the JSON Schema of the input, where its library can say it. */
  readonly config: Json
}

/** A template whose workflow can be started. */
export interface DiscoveredWorkflow extends WorkflowFacts {
  /** Relative to the project's root. */
  readonly file: string
  readonly contentHash: string
  /** Id of its row in the store. */
  readonly workflowId: string
  readonly version: number
  /** Whether this discovery made the version. */
  readonly isNew: boolean
}

/** A template that needs attention. The others load all the same. */
export interface TemplateProblem {
  /** Relative to the project's root. */
  readonly file: string
  /** From 1; null where no place is known. */
  readonly line: number | null
  readonly column: number | null
  readonly code: 'WORKFLOW_INVALID' | 'WORKFLOW_DEPENDENCY_MISSING'
  readonly reason: string
}

/** What a look at the templates found. */
export interface Discovery {
  readonly workflows: readonly DiscoveredWorkflow[]
  readonly problems: readonly TemplateProblem[]
}
