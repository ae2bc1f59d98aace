import { readIfThere } from './io.ts'
import type { Layout } from './layout.ts'
import type { WorkflowLogRow } from '../contract/index.ts'

interface Counted {
  /** Length of the file up to the end of its last whole line. */
  bytes: number
  /** Last number by step id; those of the run itself under the empty text. */
  readonly last: Map<string, number>
}

/** Numbers and reads the lines of `log.jsonl`, the rows of `workflow_logs`. */
export class LogLines {
  readonly #layout: Layout
  readonly #counted = new Map<string, Counted>()

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** What is known of the lines of a run. While this process holds the store the file is read once. */
  of(runId: string): { readonly bytes: number; readonly last: ReadonlyMap<string, number> } {
    let counted = this.#counted.get(runId)
    if (counted === undefined) {
      const { rows, bytes } = this.read(runId)
      counted = { bytes, last: new Map() }
      for (const row of rows) counted.last.set(row.step_id ?? '', row.sequence)
      this.#counted.set(runId, counted)
    }
    return counted
  }

  /** Lines that were committed. */
  committed(runId: string, bytes: number, rows: readonly WorkflowLogRow[]): void {
    const counted = this.#counted.get(runId)
    if (counted === undefined) return
    counted.bytes = bytes
    for (const row of rows) counted.last.set(row.step_id ?? '', row.sequence)
  }

  /** Forgets a run, or everything. */
  forget(runId?: string): void {
    if (runId === undefined) this.#counted.clear()
    else this.#counted.delete(runId)
  }

  /** Every line of a run; one that a crash cut off is none. */
  read(runId: string): { readonly rows: readonly WorkflowLogRow[]; readonly bytes: number } {
    const content = readIfThere(this.#layout.logLines(runId))
    if (content === null) return { rows: [], bytes: 0 }
    const rows: WorkflowLogRow[] = []
    let bytes = 0
    for (let start = 0; ;) {
      const end = content.indexOf(0x0a, start)
      if (end < 0) return { rows, bytes }
      try {
        rows.push(JSON.parse(content.subarray(start, end).toString('utf8')) as WorkflowLogRow)
      } catch {
        // Lines tell of the work, they are not the work: what cannot be read is left out.
      }
      start = end + 1
      bytes = start
    }
  }
}
