import type { SharedBudgetQuery, SharedBudgetSums } from '@holdfast/store/contract'
import type { Amounts, SharedScope } from '@holdfast/workflow-sdk/journal'
import type { Execution } from '../execution/Execution.ts'
import { dayIn } from './dayIn.ts'
import { plus } from './plus.ts'

/** Budgets of a project that its runs share; null: none. */
export interface SharedLimits {
  /** What a run and everything that it starts may spend together. */
  readonly tree: Amounts | null
  /** What all runs of a project may spend in a day of this time zone (IANA name). */
  readonly day: { readonly limits: Amounts; readonly timeZone: string } | null
}

/** A shared budget as it stood when it was read last. */
export interface SharedState {
  readonly scope: SharedScope
  /** Root run of the tree, or `PROJECT/2026-11-24`. */
  readonly id: string
  readonly limits: Amounts
  readonly sums: SharedBudgetSums
  /** ISO time at which it begins anew; null: never. */
  readonly endsAt: string | null
}

/**
 * The budgets that a run shares with others, as the store had them last. Reading is asynchronous and the answer is
 * kept, so that looking at it is not. Every call that is paid is in the store before it is looked at: whichever of two
 * processes writes later sees what both have spent.
 */
export class SharedBudgets {
  readonly #x: Execution
  #states: readonly SharedState[] = []
  /** What the root had taken over from its original when it was forked: counted in its tree, not in the day. */
  #inherited: Required<Omit<Amounts, 'wallMs'>> | null = null
  #reading: Promise<void> | null = null
  #again = false

  constructor(x: Execution) {
    this.#x = x
  }

  /** Whether there are any. */
  get exist(): boolean {
    const { tree, day } = this.#x.deps.sharedBudgets
    return tree !== null || day !== null
  }

  /** As they were read last. */
  get states(): readonly SharedState[] {
    return this.#states
  }

  /** Reads them anew; what was being read meanwhile is read once more. */
  async refresh(): Promise<void> {
    if (!this.exist) return
    if (this.#reading !== null) {
      this.#again = true
      return await this.#reading
    }
    this.#reading = this.#read()
    await this.#reading
  }

  async #read(): Promise<void> {
    try {
      do {
        this.#again = false
        await this.#readOnce()
      } while (this.#again)
    } finally {
      // In the same turn as the last look at what was asked meanwhile: nobody is answered with what was read before.
      this.#reading = null
    }
  }

  async #readOnce(): Promise<void> {
    const queries = this.#queries()
    const { store } = this.#x.deps
    const sums = await this.#x.journal.persist(
      async () => await Promise.all(queries.map(({ query }) => store.readSharedBudget(query))),
    )
    const inherited = queries.some(({ state }) => state.scope === 'tree') ? await this.#fork() : null
    this.#states = queries.map(({ state }, index) => {
      const read = sums[index]!
      const own = state.scope === 'tree' && inherited !== null
      return { ...state, sums: own ? { ...read, spent: plus(read.spent, inherited) } : read }
    })
  }

  #queries(): { readonly state: Omit<SharedState, 'sums'>; readonly query: SharedBudgetQuery }[] {
    const { run } = this.#x.facts.claim
    const { tree, day } = this.#x.deps.sharedBudgets
    const exceptRunId = run.id
    const found: { state: Omit<SharedState, 'sums'>; query: SharedBudgetQuery }[] = []
    if (tree !== null)
      found.push({
        state: { scope: 'tree', id: run.root_run_id, limits: tree, endsAt: null },
        query: { scope: 'tree', rootRunId: run.root_run_id, exceptRunId },
      })
    if (day !== null) {
      const today = dayIn(day.timeZone, this.#x.deps.clock.now())
      const id = `${run.project_id}/${today.day}`
      found.push({
        state: { scope: 'day', id, limits: day.limits, endsAt: today.to },
        query: { scope: 'day', projectId: run.project_id, ...today, exceptRunId },
      })
    }
    return found
  }

  async #fork(): Promise<Required<Omit<Amounts, 'wallMs'>>> {
    if (this.#inherited !== null) return this.#inherited
    const root = this.#x.facts.claim.run.root_run_id
    const [first] = await this.#x.journal.persist(() =>
      this.#x.deps.store.listWorkflowEvents({ runId: root, limit: 1 }),
    )
    const created = first?.type === 'run.created' ? first.payload : null
    const { usd = 0, tokens = 0, turns = 0 } = (created?.forkedFrom && created.budget?.spent) ?? {}
    this.#inherited = { usd, tokens, turns }
    return this.#inherited
  }
}
