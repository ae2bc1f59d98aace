import type { Generated } from 'kysely'
import type {
  PromptLabelRow,
  PromptRow,
  ScheduleRow,
  SessionRow,
  TriggerRow,
  WorkflowNodeRow,
  WorkflowRunRow,
} from '../contract/index.ts'
import type { ChildTables, JsonText, RunColumns } from '../projection/rows.ts'

/** Columns of `workflow_runs` that the database computes. */
type GeneratedColumns = Pick<
  WorkflowRunRow,
  'run_id' | 'duration_seconds' | 'user_message' | 'branch_name' | 'commit_sha'
>

/** Columns of `workflow_logs`. */
export interface LogColumns {
  id: string
  run_id: string
  step_id: string | null
  sequence: number
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  message: string
  data: JsonText | null
  timestamp: string
}

/** Every table that is read through the query builder, as SQL gives its rows. */
export interface Tables extends ChildTables {
  workflow_runs: RunColumns & GeneratedColumns
  workflow_logs: LogColumns
  workflow_node_outputs: {
    run_id: string
    node_id: string
    output: JsonText | null
    output_blob: JsonText | null
    cost: number | null
    completed_at: string
  }
  projects: {
    id: string
    name: string
    path: string
    created_at: Generated<string>
    updated_at: Generated<string>
  }
  workflow_definitions: DefinitionColumns
  workflow_versions: VersionColumns
  workflow_nodes: NodeColumns
  triggers: TriggerRow
  schedules: ScheduleRow
  prompt_definitions: PromptColumns
  prompt_labels: Omit<PromptLabelRow, 'version'>
  sessions: SessionRow
  workers: {
    id: string
    host_id: string
    boot_id: string
    pid_namespace: string
    pid: number
    process_started_at: string | null
    started_at: string
    renewed_at: string
    concurrency: number
    workspace_group: string | null
  }
  blobs: { hash: string; bytes: Uint8Array; size_bytes: number; created_at: string }
}

/** Columns of `workflow_definitions`. */
export interface DefinitionColumns {
  id: string
  project_id: string
  name: string
  description: string
  version: number
  file_path: string | null
  config: JsonText
  is_active: boolean
  trigger_event: string | null
  content_hash: string
  parsed_at: string
  created_at: string
  updated_at: string
}

/** Columns of `workflow_versions`. */
export interface VersionColumns {
  id: string
  workflow_id: string
  version: number
  source: string
  bundle: string
  config: JsonText
  content_hash: string
  lock_hash: string | null
  parsed_at: string
  created_at: string
}

/** Columns of `workflow_nodes`. */
export interface NodeColumns extends Omit<WorkflowNodeRow, 'step_config' | 'condition_rules'> {
  step_config: JsonText | null
  condition_rules: JsonText | null
}

/** Columns of `prompt_definitions`. */
export interface PromptColumns extends Omit<
  PromptRow,
  'generation_config' | 'template_variables' | 'output_schema'
> {
  generation_config: JsonText | null
  template_variables: JsonText | null
  output_schema: JsonText | null
}
