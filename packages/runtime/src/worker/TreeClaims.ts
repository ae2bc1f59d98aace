import type { ClaimedRun, IWorkflowStore } from '@holdfast/store/contract'
import { isTerminal } from '@holdfast/workflow-sdk'

type Claim = Parameters<IWorkflowStore['claimDueRuns']>[0]

/**
 * Narrows what a worker claims to one run and the runs that it starts, at any depth: what `holdfast run`
 * executes beside other workers of the same store. Until {@link narrowTo} is called everything is claimed.
 */
export class TreeClaims {
  /** The store for the engine; all but claiming and creating passes through. */
  readonly store: IWorkflowStore
  readonly #inner: IWorkflowStore
  #tree: Set<string> | null = null

  constructor(inner: IWorkflowStore) {
    this.#inner = inner
    const own: Partial<IWorkflowStore> = {
      claimDueRuns: (claim) => this.#claim(claim),
      nextDueAt: () => this.#nextDueAt(),
      createWorkflowRun: async (run) => {
        if (this.#tree?.has(run.parentRunId ?? '') || this.#tree?.has(run.previousRunId ?? '')) {
          this.#tree.add(run.id)
        }
        return await inner.createWorkflowRun(run)
      },
    }
    this.store = new Proxy(inner, {
      get(target, name) {
        if (name in own) return own[name as keyof typeof own]
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** From now on only this run and what it starts is claimed. The run need not exist yet. */
  async narrowTo(rootRunId: string): Promise<void> {
    this.#tree = new Set([rootRunId])
    await this.#addBelow(rootRunId)
  }

  async #addBelow(runId: string): Promise<void> {
    for (let page = 1; ; page++) {
      const { items, total } = await this.#inner.listWorkflowRuns({ parentRunId: runId, page, limit: 200 })
      for (const child of items) {
        this.#tree!.add(child.id)
        await this.#addBelow(child.id)
      }
      if (page * 200 >= total) return
    }
  }

  async #claim(claim: Claim): Promise<ClaimedRun[]> {
    if (this.#tree === null) return await this.#inner.claimDueRuns(claim)
    const claimed: ClaimedRun[] = []
    for (const runId of this.#tree) {
      if (claimed.length >= claim.limit) break
      claimed.push(...(await this.#inner.claimDueRuns({ ...claim, limit: 1, runId })))
    }
    return claimed
  }

  /** When the tree's next timer ends; a due run is claimed as soon as the worker looks, so that is not told. */
  async #nextDueAt(): Promise<string | null> {
    if (this.#tree === null) return await this.#inner.nextDueAt()
    let next: string | null = null
    for (const runId of this.#tree) {
      const run = await this.#inner.findWorkflowRun(runId)
      if (run === null) continue
      if (isTerminal(run.status)) this.#tree.delete(runId)
      const until = run.status === 'waiting' ? (run.waiting_for?.until ?? null) : null
      if (until !== null && (next === null || until < next)) next = until
    }
    return next
  }
}
