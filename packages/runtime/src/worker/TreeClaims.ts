import type { ClaimedRun, IWorkflowStore, NewWorkflowRun } from '@holdfast/store/contract'
import { isTerminal } from '@holdfast/workflow-sdk'

type Claim = Parameters<IWorkflowStore['claimDueRuns']>[0]
type Created = Pick<NewWorkflowRun, 'id' | 'parentRunId' | 'previousRunId'>

/**
 * Narrows what a worker claims to some runs and the runs that they start or go on as, at any depth: what
 * `holdfast run` executes beside other workers of the same store. Until it is narrowed everything is claimed.
 */
export class TreeClaims {
  /** The store for the engine; all but claiming and creating passes through. */
  readonly store: IWorkflowStore
  readonly #inner: IWorkflowStore
  #tree: Set<string> | null = null
  #takesRoots = false

  constructor(inner: IWorkflowStore) {
    this.#inner = inner
    const own: Partial<IWorkflowStore> = {
      claimDueRuns: (claim) => this.#claim(claim),
      nextDueAt: (workerId) => this.#nextDueAt(workerId),
      createWorkflowRun: async (run) => {
        this.#created(run)
        const made = await inner.createWorkflowRun(run)
        // The keys of a start may stand for another run, that perhaps nobody executes.
        if (!made.created) this.#created({ ...run, id: made.run.id })
        return made
      },
      completeAndContinue: async (request) => {
        this.#created(request.successor)
        return await inner.completeAndContinue(request)
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

  /** From now on only runs that are created through this store are claimed, and what they start. */
  narrowToOwn(): void {
    this.#tree ??= new Set()
    this.#takesRoots = true
  }

  /** From now on only this run and what it starts is claimed. */
  async narrowTo(rootRunId: string): Promise<void> {
    this.#tree = new Set([rootRunId])
    this.#takesRoots = false
    await this.#addBelow(rootRunId)
  }

  #created({ id, parentRunId, previousRunId }: Created): void {
    const isRoot = parentRunId === null && previousRunId === null
    const isBelow =
      this.#tree?.has(parentRunId ?? '') === true || this.#tree?.has(previousRunId ?? '') === true
    if (isBelow || (isRoot && this.#takesRoots)) this.#tree?.add(id)
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
  async #nextDueAt(workerId: string): Promise<string | null> {
    if (this.#tree === null) return await this.#inner.nextDueAt(workerId)
    let next: string | null = null
    for (const runId of this.#tree) {
      const run = await this.#inner.findWorkflowRun(runId)
      if (run === null) continue
      if (isTerminal(run.status)) this.#tree.delete(runId)
      const until = run.waiting_for?.until ?? null
      if (until !== null && (next === null || until < next)) next = until
    }
    return next
  }
}
