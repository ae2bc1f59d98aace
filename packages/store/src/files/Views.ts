import type { PendingRow } from '../projection/RunFold.ts'
import type { ChildTables, StepColumns } from '../projection/rows.ts'
import { storedValue } from '../sql/decode.ts'
import type { BeforeWrite } from './effects.ts'
import { replaceQuickly } from './io.ts'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Layout } from './layout.ts'
import { nodeOutput } from './nodeOutputs.ts'
import { encodeRunFile, runFileOf } from './runFile.ts'
import type { RunState } from './RunState.ts'

/**
 * Files that show what the journal says: `run.json` and the outputs of nodes. They are written after the
 * commit and may be behind after a crash or on a full disk; whoever opens the store next brings them up.
 */
export class Views {
  readonly #layout: Layout
  readonly #before: BeforeWrite
  /** Runs whose `run.json` does not show their last events. */
  readonly #behind = new Map<string, RunState>()

  constructor(layout: Layout, before: BeforeWrite = () => undefined) {
    this.#layout = layout
    this.#before = before
  }

  /** Shows a run when its status, wait or owner has changed (`isNews`), and otherwise when the store is let go. */
  showRun(state: RunState, isNews = true): void {
    const { id } = state.run
    if (!isNews) {
      this.#behind.set(id, state)
      return
    }
    this.#behind.delete(id)
    this.#write(this.#layout.runFile(state.run.id), () => encodeRunFile(runFileOf(state)))
  }

  /** Outputs of nodes among the rows that changed. */
  showNodes(state: RunState, rows: readonly PendingRow[]): void {
    for (const row of rows) {
      if (row.table !== 'workflow_steps') continue
      const id = 'insert' in row ? row.insert.id : row.id
      const step = state.tables.workflow_steps.get(id)
      if (step !== undefined && isNode(step)) this.#showNode(state, step)
    }
  }

  /** Shows what was left out, so that whoever opens the store next has no journal to read. */
  showRest(): void {
    for (const state of this.#behind.values()) this.showRun(state)
  }

  /** A run that is gone, or everything, because another process writes now. */
  forget(runId?: string): void {
    if (runId === undefined) this.#behind.clear()
    else this.#behind.delete(runId)
  }

  /** Everything that a run's journal says, once more. */
  showAll(state: RunState): void {
    this.showRun(state)
    for (const step of state.tables.workflow_steps.values()) if (isNode(step)) this.#showNode(state, step)
  }

  #showNode(state: RunState, step: ChildTables['workflow_steps']): void {
    const { costUsd, completedAt } = nodeOutput(state, step)
    this.#write(this.#layout.node(state.run.id, step.step_key), () =>
      JSON.stringify(
        {
          nodeId: step.step_key,
          output: storedValue(step.output, step.output_blob),
          costUsd,
          completedAt,
        },
        null,
        1,
      ),
    )
  }

  #write(path: string, text: () => string): void {
    try {
      this.#before(`view ${path.slice(this.#layout.root.length + 1)}`)
      mkdirSync(dirname(path), { recursive: true })
      replaceQuickly(path, text())
    } catch {
      // The journal has it all: the next change shows it, or the next one that opens the store.
    }
  }
}

/** Whether a step is a node: a completed one that lies in no other. */
export function isNode(step: StepColumns): boolean {
  return step.status === 'completed' && step.parent_step_id === null
}
