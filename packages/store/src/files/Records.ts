import { readdirSync } from 'node:fs'
import type { ProjectRow, ScheduleRow, SessionRow, TriggerRow, WorkflowNodeRow } from '../contract/index.ts'
import type { WorkspaceColumns } from '../projection/rows.ts'
import type { DefinitionColumns } from '../sql/tables.ts'
import { isCode } from './errors.ts'
import { readJson, statIfThere } from './io.ts'
import type { Layout } from './layout.ts'
import type { LabelRecord, PromptRecord } from './promptRecords.ts'

/** A definition with the versions that it has; their texts lie in files of their own. */
export interface DefinitionRecord extends DefinitionColumns {
  readonly versions: readonly { readonly version: number; readonly content_hash: string }[]
}

/** A node as its file holds it: JSON as text, as in a table. */
export interface NodeRecord extends Omit<WorkflowNodeRow, 'step_config' | 'condition_rules'> {
  readonly step_config: string | null
  readonly condition_rules: string | null
}

/** Records of the store that do not lie below one run: one JSON file each. */
export interface RecordTables {
  projects: ProjectRow
  sessions: SessionRow
  workspaces: WorkspaceColumns
  workflow_definitions: DefinitionRecord
  workflow_nodes: NodeRecord
  triggers: TriggerRow
  schedules: ScheduleRow
  prompt_definitions: PromptRecord
  prompt_labels: LabelRecord
}
/** Name of such a table, and of its folder. */
export type RecordTable = keyof RecordTables

interface Kept {
  readonly row: RecordTables[RecordTable]
  readonly stamp: string
}

/** Reads records through a cache by time and size of their files. */
export class Records {
  readonly #layout: Layout
  /** By table and file name. */
  readonly #kept = new Map<RecordTable, Map<string, Kept>>()

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** Every row of a table as the files say it now. */
  list<T extends RecordTable>(table: T): RecordTables[T][] {
    const before = this.#kept.get(table)
    const now = new Map<string, Kept>()
    for (const name of namesIn(this.#layout.records(table))) {
      const path = `${this.#layout.records(table)}/${name}`
      const stat = statIfThere(path)
      if (stat === null) continue
      const stamp = `${stat.mtimeMs} ${stat.size} ${stat.ino}`
      const known = before?.get(name)
      const row = known?.stamp === stamp ? known.row : readJson<RecordTables[T]>(path)
      if (row !== null) now.set(name, { row, stamp })
    }
    this.#kept.set(table, now)
    return [...now.values()].map(({ row }) => row as RecordTables[T])
  }

  /** One row; null when there is none. */
  get<T extends RecordTable>(table: T, id: string): RecordTables[T] | null {
    return readJson<RecordTables[T]>(this.#layout.record(table, id))
  }
}

/** Names of the JSON files in a folder; none when it does not exist. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}
