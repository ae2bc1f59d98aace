import type { Json } from './vocabulary.ts'

/** A workflow of a project; `version` is its current one. */
export interface WorkflowDefinitionRow {
  readonly id: string
  readonly project_id: string
  readonly name: string
  readonly description: string
  readonly version: number
  /** Relative to the project's root; null for definitions that live in the database. */
  readonly file_path: string | null
  readonly config: Json
  readonly is_active: boolean
  readonly trigger_event: string | null
  readonly content_hash: string
  readonly parsed_at: string
  readonly created_at: string
  readonly updated_at: string
}

/** One immutable version of a definition (R7). */
export interface WorkflowVersionRow {
  readonly id: string
  readonly workflow_id: string
  readonly version: number
  readonly source: string
  /** The bundle with its project-local imports. */
  readonly bundle: string
  readonly config: Json
  readonly content_hash: string
  readonly lock_hash: string | null
  readonly parsed_at: string
  readonly created_at: string
}

/** A node of one version of a graph definition. */
export interface WorkflowNodeRow {
  readonly id: string
  readonly workflow_id: string
  readonly version_id: string
  /** Unique in the version. */
  readonly node_id: string
  /** From 1. */
  readonly step_order: number
  readonly name: string
  /** Kind of the node in upper case, `AI_PROMPT` for a prompt. */
  readonly step_type: string
  readonly prompt_id: string | null
  readonly step_config: Json
  readonly condition_rules: Json
  readonly delay_minutes: number
}

/** What starts a workflow by itself. */
export interface TriggerRow {
  readonly id: string
  readonly workflow_id: string
  readonly kind: 'event' | 'cron' | 'webhook'
  /** Who made it: the definition, which also takes it away, or a person. */
  readonly origin: 'definition' | 'person'
  readonly event_name: string | null
  /** CEL; null: always. */
  readonly condition: string | null
  readonly cron: string | null
  readonly time_zone: string | null
  readonly is_active: boolean
  readonly created_at: string
  readonly updated_at: string
}

/** When a cron trigger starts its workflow next. */
export interface ScheduleRow {
  readonly id: string
  readonly trigger_id: string
  readonly workflow_id: string
  /** Null: not planned yet. */
  readonly next_at: string | null
  readonly last_at: string | null
  readonly last_run_id: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** One version of a prompt. */
export interface PromptRow {
  readonly id: string
  readonly project_id: string
  readonly name: string
  readonly category: string | null
  readonly version: number
  readonly system_prompt_text: string
  /** Null: the model of the project's config. */
  readonly model_name: string | null
  readonly generation_config: Json
  readonly template_variables: Json
  readonly output_schema: Json
  readonly status: 'draft' | 'active' | 'archived'
  /** Relative to the project's root; null for prompts that live in the database. */
  readonly file_path: string | null
  readonly content_hash: string
  readonly parsed_at: string
  readonly created_at: string
  readonly updated_at: string
}

/** A name that points at one version of a prompt, such as `production`. */
export interface PromptLabelRow {
  readonly project_id: string
  readonly name: string
  readonly label: string
  readonly prompt_id: string
  readonly version: number
  readonly created_at: string
  readonly updated_at: string
}
