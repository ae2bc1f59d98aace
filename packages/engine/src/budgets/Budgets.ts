import { BUDGET_LIMITS, journalEvent, type Amounts, type BudgetExcess } from '@holdfast/workflow-sdk/journal'
import type { Execution } from '../execution/Execution.ts'
import { SharedBudgets } from './SharedBudgets.ts'
import type { BudgetScope } from './Spending.ts'
import { wakeSharers } from './wakeSharers.ts'

/** Limits of which a step reserves its own budget; time passes for all alike. */
const RESERVED = ['usd', 'tokens', 'turns'] as const

/** A step whose agent works, or wants to. */
export interface Spender {
  readonly stepKey: string
  /** Its own budget. */
  readonly budget: Amounts | null
  /** Called once when it may spend no more. */
  readonly stop: (excess: BudgetExcess) => void
}

/** A step that may spend. */
export interface Entered {
  /** What it holds back from budgets that its run shares with others; absent: nothing. */
  readonly reserved?: Amounts
  readonly leave: () => void
}

/** What a spender has of the run's budget for itself: how much of each limit, and what it had spent before. */
interface Hold {
  readonly spender: Spender
  readonly granted: { readonly [limit in (typeof RESERVED)[number]]?: { amount: number; from: number } }
  readonly cancelTimer: () => void
}

/**
 * Who may spend how much at the moment. What was spent and raised is the journal's ({@link Spending}); only the
 * reservations of agents that work now stand in memory, and they end with their sessions (S5).
 */
export class Budgets {
  readonly #x: Execution
  readonly #holds = new Map<string, Hold>()
  readonly #waiting = new Map<
    string,
    { readonly spender: Omit<Spender, 'stop'>; readonly goOn: () => void }
  >()
  readonly shared: SharedBudgets
  #warned = false
  #cancelDayEnd = (): void => {}

  constructor(x: Execution) {
    this.#x = x
    this.shared = new SharedBudgets(x)
  }

  /**
   * Lets a step spend and reserves its own budget, or what is left of the run's. A limit that is reached already
   * gives the excess instead.
   */
  async enter(spender: Spender): Promise<BudgetExcess | Entered> {
    await this.shared.refresh()
    const excess = this.#excess(spender, (spent, allowed) => spent >= allowed)
    if (excess !== null) return excess
    const { stepKey, budget } = spender
    const granted = Object.fromEntries(
      RESERVED.filter((limit) => budget?.[limit] !== undefined).map((limit) => {
        const from = this.#spent({ stepKey }, limit)
        const own = this.#x.index.spending.allowed({ stepKey }, budget, limit) - from
        return [limit, { amount: Math.min(own, this.#room(stepKey, limit)), from }]
      }),
    )
    const hold: Hold = { spender, granted, cancelTimer: this.#timer(spender) }
    this.#holds.set(stepKey, hold)
    const reserved = Object.fromEntries(Object.entries(granted).map(([limit, { amount }]) => [limit, amount]))
    return {
      ...(this.shared.exist && Object.keys(reserved).length > 0 ? { reserved } : {}),
      leave: () => {
        hold.cancelTimer()
        if (this.#holds.get(stepKey) === hold) this.#holds.delete(stepKey)
        // Its reservation is free for those who wait for room.
        this.#wake()
        if (this.shared.exist && Object.keys(reserved).length > 0) void this.#x.track(this.#release())
      },
    }
  }

  /** Runs that wait for what this one held back of a shared budget look again. */
  async #release(): Promise<void> {
    await this.#x.journal.settled()
    await wakeSharers(this.#x.deps.store, this.#x.facts.claim.run).catch(() => null)
  }

  /** The limit that keeps a step from beginning, if any. */
  excessOf(spender: Omit<Spender, 'stop'>): BudgetExcess | null {
    return this.#excess(spender, (spent, allowed) => spent >= allowed)
  }

  /** Calls `goOn` once when there is room for a step that waits for it, maybe at once. Answers how to wait no more. */
  whenRoom(spender: Omit<Spender, 'stop'>, goOn: () => void): () => void {
    this.#waiting.set(spender.stepKey, { spender, goOn })
    if (this.shared.exist) this.lookAgain()
    else this.#wake()
    return () => void this.#waiting.delete(spender.stepKey)
  }

  /** As {@link look}, after what other runs have spent and were granted was read. */
  lookAgain(): void {
    if (!this.shared.exist || (this.#holds.size === 0 && this.#waiting.size === 0)) return
    this.shared
      .refresh()
      .then(() => this.look())
      .catch(() => null)
  }

  /** Something was spent or granted: ends what has passed a limit, lets go on what has room. */
  look(): void {
    for (const { spender } of [...this.#holds.values()]) {
      const excess = this.#excess(spender, (spent, allowed) => spent > allowed)
      if (excess === null) continue
      this.#holds.get(spender.stepKey)?.cancelTimer()
      this.#holds.delete(spender.stepKey)
      spender.stop(excess)
    }
    this.#wake()
    this.#awaitNextDay()
    this.#warnOfUnknown()
  }

  /** The budget of a day is a new one when the day is over. */
  #awaitNextDay(): void {
    this.#cancelDayEnd()
    const endsAt = this.shared.states.find((state) => state.endsAt !== null)?.endsAt ?? null
    if (endsAt === null || this.#waiting.size === 0) return
    this.#cancelDayEnd = this.#x.timerAt(Date.parse(endsAt), () => this.lookAgain())
  }

  #wake(): void {
    for (const [key, { spender, goOn }] of [...this.#waiting]) {
      if (this.#waiting.has(key) && this.excessOf(spender) === null) {
        this.#waiting.delete(key)
        goOn()
      }
    }
  }

  /** First limit of the step, then of the run, that is reached. */
  #excess(
    { stepKey, budget }: Omit<Spender, 'stop'>,
    isReached: (spent: number, allowed: number) => boolean,
  ): BudgetExcess | null {
    const { spending } = this.#x.index
    const scopes = [
      ['step', { stepKey }, budget],
      ['run', 'run', this.#x.facts.definition.budget],
    ] as const
    for (const [scope, of, limits] of scopes) {
      for (const limit of BUDGET_LIMITS) {
        const given = limits?.[limit]
        if (given === undefined) continue
        const spent = this.#spent(of, limit)
        const allowed = spending.allowed(of, limits, limit)
        const others = scope === 'run' ? this.#reservedBeside(stepKey, limit) : 0
        if (isReached(spent + others, allowed))
          return { scope, stepKey, limit, budget: given, allowed, spent }
      }
    }
    return this.#sharedExcess(stepKey, isReached)
  }

  #sharedExcess(
    stepKey: string,
    isReached: (spent: number, allowed: number) => boolean,
  ): BudgetExcess | null {
    for (const { scope, id, limits, sums } of this.shared.states) {
      for (const limit of RESERVED) {
        const given = limits[limit]
        if (given === undefined || sums.lifted.includes(limit)) continue
        const allowed = given + (sums.raised[limit] ?? 0)
        const spent = sums.spent[limit]
        if (isReached(spent + sums.reserved[limit] + this.#reservedBeside(stepKey, limit), allowed))
          return { scope, sharedId: id, stepKey, limit, budget: given, allowed, spent }
      }
    }
    return null
  }

  /** What is left for a step of the budgets around it: neither spent nor reserved by others. */
  #room(stepKey: string, limit: (typeof RESERVED)[number]): number {
    const allowed = this.#x.index.spending.allowed('run', this.#x.facts.definition.budget, limit)
    const shared = this.shared.states.flatMap(({ limits, sums }) => {
      const given = limits[limit]
      if (given === undefined || sums.lifted.includes(limit)) return []
      return [given + (sums.raised[limit] ?? 0) - sums.spent[limit] - sums.reserved[limit]]
    })
    const left = Math.min(allowed - this.#spent('run', limit), ...shared)
    return left - this.#reservedBeside(stepKey, limit)
  }

  #reservedBeside(stepKey: string, limit: keyof Amounts): number {
    if (limit === 'wallMs') return 0
    let sum = 0
    for (const [key, { granted }] of this.#holds) {
      const grant = granted[limit]
      if (key === stepKey || grant === undefined) continue
      sum += Math.max(0, grant.amount - (this.#spent({ stepKey: key }, limit) - grant.from))
    }
    return sum
  }

  #spent(scope: BudgetScope, limit: keyof Amounts): number {
    return this.#x.index.spending.spent(scope, limit, this.#x.activeMs())
  }

  /** Looks again when the first of the time limits is over. */
  #timer({ stepKey, budget }: Spender): () => void {
    const { spending } = this.#x.index
    const run = this.#x.facts.definition.budget
    const left = Math.min(
      spending.allowed({ stepKey }, budget, 'wallMs') - this.#spent({ stepKey }, 'wallMs'),
      spending.allowed('run', run, 'wallMs') - this.#spent('run', 'wallMs'),
    )
    return left === Infinity ? () => {} : this.#x.timer(left + 1, () => this.look())
  }

  /** A budget in dollars cannot hold back what has no price; the run says so once. */
  #warnOfUnknown(): void {
    if (this.#warned || this.#x.facts.definition.budget?.usd === undefined) return
    const { costUsd, turns } = this.#x.index.spending.run
    if (turns === 0 || costUsd !== null) return
    this.#warned = true
    this.#x.journal.add(
      journalEvent('run.updated', {
        warning:
          'The price of a model call is not known; it counts nothing in the budget in dollars. Limit tokens or turns too.',
      }),
    )
  }
}
