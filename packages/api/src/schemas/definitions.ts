import { z } from 'zod'
import { json, list, time } from './common.ts'

/** A project: a folder on the server's machine. */
export const project = z
  .object({ id: z.string(), name: z.string(), path: z.string(), created_at: time, updated_at: time })
  .meta({ id: 'Project' })

/** A node of a graph definition. */
export const workflowNode = z
  .object({
    id: z.string(),
    workflow_id: z.string(),
    version_id: z.string(),
    node_id: z.string(),
    step_order: z.number().int(),
    name: z.string(),
    step_type: z.string(),
    prompt_id: z.string().nullable(),
    step_config: json,
    condition_rules: json,
    delay_minutes: z.number().int(),
  })
  .meta({ id: 'WorkflowNode' })

/** A workflow; `version` is its current one. */
export const workflow = z
  .object({
    id: z.string(),
    project_id: z.string(),
    name: z.string(),
    description: z.string(),
    version: z.number().int(),
    file_path: z.string().nullable(),
    config: json,
    is_active: z.boolean(),
    trigger_event: z.string().nullable(),
    content_hash: z.string(),
    parsed_at: time,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Workflow' })

/** A workflow with the nodes of its current version, by `step_order`. */
export const workflowWithSteps = workflow
  .extend({ steps: list(workflowNode) })
  .meta({ id: 'WorkflowWithSteps' })

/** One immutable version of a workflow; its bundle stays in the store. */
export const workflowVersion = z
  .object({
    id: z.string(),
    workflow_id: z.string(),
    version: z.number().int(),
    source: z.string(),
    config: json,
    content_hash: z.string(),
    lock_hash: z.string().nullable(),
    parsed_at: time,
    created_at: time,
  })
  .meta({ id: 'WorkflowVersion' })
