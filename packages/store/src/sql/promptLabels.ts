import type { PromptLabelRow, PromptStore } from '../contract/index.ts'
import { columnText } from '../payload/text.ts'
import { notFound } from './notFound.ts'
import { findPrompt } from './prompts.ts'
import { all, run, type Script } from './Script.ts'
import { insert, sql } from './statement.ts'

/** Lets a label point at a version. @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* setPromptLabel(
  { projectId, name, label, version }: Parameters<PromptStore['setPromptLabel']>[0],
  now: string,
): Script<PromptLabelRow> {
  const prompt = yield* findPrompt(projectId, name, { version })
  if (prompt === null) throw notFound('prompt', `"${name}" version ${version}`)
  const text = columnText(label)
  const row = {
    project_id: projectId,
    name,
    label: text,
    prompt_id: prompt.id,
    created_at: now,
    updated_at: now,
  }
  yield* run(
    sql`${insert('prompt_labels', row)} on conflict (project_id, name, label) do update
      set prompt_id = excluded.prompt_id, updated_at = excluded.updated_at
      where prompt_labels.prompt_id <> excluded.prompt_id`,
  )
  const set = (yield* listPromptLabels(projectId, name)).find((one) => one.label === text)
  if (set === undefined) throw notFound('label', `${label} of prompt "${name}"`)
  return set
}

/** Labels of a prompt by their text. */
export function* listPromptLabels(projectId: string, name: string): Script<PromptLabelRow[]> {
  const rows = yield* all<PromptLabelRow>(
    sql`select l.*, p.version from prompt_labels as l join prompt_definitions as p on p.id = l.prompt_id
      where l.project_id = ${projectId} and l.name = ${name} order by l.label`,
  )
  return rows.map((row) => ({ ...row }))
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* deletePromptLabel(projectId: string, name: string, label: string): Script<void> {
  const deleted = yield* all(
    sql`delete from prompt_labels where project_id = ${projectId} and name = ${name}
      and label = ${columnText(label)} returning label`,
  )
  if (deleted.length === 0) throw notFound('label', `${label} of prompt "${name}"`)
}
