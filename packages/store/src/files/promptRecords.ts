import type { PromptLabelRow, PromptRow } from '../contract/index.ts'
import type { contentColumns } from '../payload/promptContent.ts'
import { decodeRow } from '../sql/decode.ts'

type Columns = ReturnType<typeof contentColumns>

/** A version of a prompt as its file holds it: JSON as text, as in a table. */
export interface PromptRecord extends Omit<PromptRow, keyof Columns>, Columns {}

/** A label as its file holds it. */
export interface LabelRecord extends Omit<PromptLabelRow, 'version'> {
  readonly id: string
}

/** A version of a prompt as the contract answers it. */
export function promptRow(record: PromptRecord): PromptRow {
  return decodeRow('prompt_definitions', record)
}

/** One label of one prompt has one file. */
export function labelId({
  project_id,
  name,
  label,
}: Pick<LabelRecord, 'project_id' | 'name' | 'label'>): string {
  return JSON.stringify([project_id, name, label])
}
