import type { TransferredRow, WorkflowLogRow } from '../contract/index.ts'
import { jsonText } from '../projection/rows.ts'
import type { VersionColumns } from '../sql/tables.ts'
import { replaceDurably } from './io.ts'
import type { Layout } from './layout.ts'
import { labelId } from './promptRecords.ts'
import type { DefinitionRecord, RecordTable, RecordTables } from './Records.ts'

type Json = Parameters<typeof jsonText>[0] | null

/** Rows that are taken over, as the files that they become. */
export class StagedRows {
  /** Ids of the sessions that came. */
  readonly sessions = new Set<string>()
  readonly #layout: Layout
  readonly #definitions = new Map<string, DefinitionRecord>()
  readonly #records = new Map<string, RecordTables[RecordTable]>()
  readonly #versions: VersionColumns[] = []
  readonly #lines = new Map<string, WorkflowLogRow[]>()

  constructor(layout: Layout) {
    this.#layout = layout
  }

  add(record: TransferredRow): void {
    switch (record.table) {
      case 'workflow_definitions':
        this.#definitions.set(record.row.id, {
          ...record.row,
          config: jsonText(record.row.config),
          versions: [],
        })
        break
      case 'workflow_versions':
        this.#addVersion({ ...record.row, config: jsonText(record.row.config) })
        break
      case 'prompt_definitions': {
        const { generation_config, template_variables, output_schema } = record.row
        this.#keep('prompt_definitions', {
          ...record.row,
          generation_config: textOrNull(generation_config),
          template_variables: textOrNull(template_variables),
          output_schema: textOrNull(output_schema),
        })
        break
      }
      case 'workflow_nodes': {
        const { step_config, condition_rules } = record.row
        const json = { step_config: textOrNull(step_config), condition_rules: textOrNull(condition_rules) }
        this.#keep('workflow_nodes', { ...record.row, ...json })
        break
      }
      case 'prompt_labels':
        this.#keep('prompt_labels', { ...record.row, id: labelId(record.row) })
        break
      case 'workflow_logs': {
        const lines = this.#lines.get(record.row.run_id) ?? []
        lines.push(record.row)
        this.#lines.set(record.row.run_id, lines)
        break
      }
      case 'sessions':
        this.sessions.add(record.row.id)
        this.#keep('sessions', record.row)
        break
      default:
        this.#keep(record.table, record.row)
    }
  }

  /** Writes every file, durably. */
  async write(): Promise<void> {
    for (const row of this.#definitions.values()) this.#keep('workflow_definitions', row)
    for (const row of this.#versions)
      await replaceDurably(this.#layout.version(row.workflow_id, row.version), text(row))
    for (const [path, row] of this.#records) await replaceDurably(path, text(row))
    for (const [runId, lines] of this.#lines) {
      const inOrder = lines.toSorted((a, b) => a.sequence - b.sequence)
      const content = inOrder.map((line) => `${JSON.stringify(line)}\n`).join('')
      await replaceDurably(this.#layout.logLines(runId), content)
    }
  }

  #addVersion(row: VersionColumns): void {
    this.#versions.push(row)
    const definition = this.#definitions.get(row.workflow_id)
    if (definition === undefined) return
    const { version, content_hash } = row
    const versions = [...definition.versions, { version, content_hash }]
    this.#definitions.set(row.workflow_id, { ...definition, versions })
  }

  #keep<T extends RecordTable>(table: T, row: RecordTables[T]): void {
    this.#records.set(this.#layout.record(table, row.id), row)
  }
}

function text(row: object): string {
  return `${JSON.stringify(row, null, 1)}\n`
}

function textOrNull(value: Json): string | null {
  return value === null ? null : jsonText(value)
}
