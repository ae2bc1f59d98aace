import { ARTIFACT_TYPES, type ErrorRecord } from '@holdfast/workflow-sdk'
import { APPROVAL_KINDS } from '@holdfast/workflow-sdk/journal'
import { z } from 'zod'
import { json, list, time } from './common.ts'

/** Levels of log lines, from the least to the most important. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** An event of a run's journal. */
export const journalEvent = z
  .object({
    runId: z.string(),
    sequence: z.number().int(),
    type: z.string(),
    timestamp: time,
    payload: json,
    schemaVersion: z.number().int(),
  })
  .meta({ id: 'JournalEvent' })

/** A log line. */
export const logLine = z
  .object({
    id: z.string(),
    run_id: z.string(),
    step_id: z.string().nullable(),
    sequence: z.number().int(),
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    data: json,
    timestamp: time,
  })
  .meta({ id: 'LogLine' })

/** A remark of an author. */
export const comment = z
  .object({
    id: z.string(),
    run_id: z.string(),
    step_id: z.string().nullable(),
    message: z.string(),
    metadata: json,
    created_at: time,
  })
  .meta({ id: 'Comment' })

/** A stored file. */
export const artifact = z
  .object({
    id: z.string(),
    run_id: z.string(),
    step_id: z.string().nullable(),
    agent_session_id: z.string().nullable(),
    name: z.string(),
    type: z.enum(ARTIFACT_TYPES),
    storage_path: z.string(),
    storage_type: z.literal('filesystem'),
    mime_type: z.string(),
    size_bytes: z.number().int(),
    metadata: json,
    created_at: time,
  })
  .meta({ id: 'Artifact' })

/** A conversation of an agent inside a step. */
export const agentSession = z
  .object({
    id: z.string(),
    run_id: z.string(),
    workflow_step_id: z.string(),
    attempt_number: z.number().int(),
    name: z.string(),
    agent: z.string(),
    cli_session_id: z.string().nullable(),
    model: z.string().nullable(),
    status: z.enum(['running', 'completed', 'failed']),
    session_file_path: z.string(),
    resumed: z.boolean(),
    stop_reason: z.string().nullable(),
    error: (z.looseObject({ message: z.string() }) as unknown as z.ZodType<ErrorRecord>).nullable(),
    started_at: time,
    completed_at: time.nullable(),
  })
  .meta({ id: 'AgentSession' })

/** An open or answered question of a run. */
export const approval = z
  .object({
    id: z.string(),
    run_id: z.string(),
    approval_key: z.string(),
    step_id: z.string().nullable(),
    kind: z.enum(APPROVAL_KINDS),
    name: z.string(),
    title: z.string(),
    body: z.string(),
    revision: z.number().int(),
    status: z.enum(['open', 'answered', 'withdrawn']),
    approved: z.boolean().nullable(),
    answer: json,
    answer_schema: json,
    choices: list(z.string()),
    comment: z.string().nullable(),
    answered_by: z.string().nullable(),
    until: time.nullable(),
    created_at: time,
    answered_at: time.nullable(),
  })
  .meta({ id: 'Approval' })

/** A message of a chat thread. */
export const message = z
  .object({
    id: z.string(),
    session_id: z.string().nullable(),
    run_id: z.string().nullable(),
    role: z.enum(['user', 'assistant']),
    text_content: z.string(),
    message_type: z.enum(['workflow_start', 'intervention', 'answer', 'note']),
    delivery_state: z.enum(['queued', 'delivered', 'answered']),
    created_at: time,
  })
  .meta({ id: 'Message' })

/** One attempt of a step. */
export const executionLog = z
  .object({
    id: z.string(),
    workflow_id: z.string(),
    run_id: z.string(),
    step_id: z.string().nullable(),
    node_id: z.string().nullable(),
    attempt_number: z.number().int(),
    triggering_object_id: z.string().nullable(),
    parent_execution_log_id: z.string().nullable(),
    status: z.enum(['SUCCESS', 'FAILURE', 'SKIPPED', 'CANCELLED']),
    input_context: json,
    raw_output: json,
    parsed_output: json,
    error_message: z.string().nullable(),
    duration_ms: z.number().nullable(),
    token_usage: z.number().nullable(),
    cost: z.number().nullable(),
    executed_at: time,
  })
  .meta({ id: 'ExecutionLog' })

/** What one model call used. */
export const modelCall = z
  .object({
    id: z.string(),
    run_id: z.string(),
    step_id: z.string().nullable(),
    agent_session_id: z.string().nullable(),
    call_id: z.string().nullable(),
    provider: z.string(),
    model: z.string(),
    input_tokens: z.number(),
    output_tokens: z.number(),
    cached_read_tokens: z.number(),
    cached_write_tokens: z.number(),
    reasoning_tokens: z.number(),
    total_tokens: z.number(),
    cost: z.number().nullable(),
    price_source: z.string().nullable(),
    latency_ms: z.number().nullable(),
    created_at: time,
  })
  .meta({ id: 'ModelCall' })

/** Model calls summed by group. */
export const usageSum = z
  .object({
    key: z.string().nullable(),
    label: z.string().nullable(),
    calls: z.number().int(),
    input_tokens: z.number(),
    output_tokens: z.number(),
    cached_read_tokens: z.number(),
    cached_write_tokens: z.number(),
    reasoning_tokens: z.number(),
    total_tokens: z.number(),
    cost: z.number().nullable(),
    cost_unknown_calls: z.number().int(),
  })
  .meta({ id: 'UsageSum' })

/** A chat thread. */
export const session = z
  .object({
    id: z.string(),
    project_id: z.string(),
    agent_name: z.string().nullable(),
    name: z.string(),
    created_at: time,
  })
  .meta({ id: 'Session' })
