import type { AgentResult } from '@holdfast/workflow-sdk'
import type {
  Amounts,
  BudgetCarry,
  BudgetExcess,
  BudgetLimit,
  EventOf,
  EventPayloads,
} from '@holdfast/workflow-sdk/journal'
import type { AnswerRecord } from '../journal/records.ts'
import { readBudgetChoice } from './choice.ts'

/** Whose budget: the run's, or that of the step with this key. */
export type BudgetScope = 'run' | { readonly stepKey: string }

/** What one run or step used; `costUsd` is null once a call had no known price. */
export interface Used {
  turns: number
  /** US dollars of the calls whose price is known. */
  usd: number
  costUsd: number | null
  inputTokens: number
  outputTokens: number
  cachedReadTokens: number
  cachedWriteTokens: number
  reasoningTokens: number
}

interface Granted {
  readonly raised: { [limit in BudgetLimit]?: number }
  readonly lifted: Set<BudgetLimit>
}

/**
 * What the journal of a run says about money: what was used by the run, by each step and by its present attempt,
 * and by how much people raised a budget. Pure book-keeping, so that it is the same after every restart.
 */
export class Spending {
  readonly run = unused()
  readonly #steps = new Map<string, Used>()
  readonly #attempts = new Map<string, { readonly number: number; readonly used: Used }>()
  readonly #began = new Map<string, number>()
  readonly #calls = new Set<string>()
  readonly #granted = new Map<string, Granted>()
  readonly #exceeded = new Map<string, BudgetExcess>()
  /** Questions about shared budgets whose answer was written where all see it. */
  readonly #passedOn = new Set<string>()
  #before: BudgetCarry | null = null

  /** What the runs before this one, which go on as it, have spent. */
  began(created: EventPayloads['run.created']): void {
    this.#before = created.budget ?? null
    if (this.#before === null) return
    const { raised, lifted } = this.#grantedTo('run')
    Object.assign(raised, this.#before.raised)
    for (const limit of this.#before.lifted) lifted.add(limit)
  }

  apply(event: EventOf<'usage.recorded' | 'budget.exceeded' | 'budget.raised' | 'step.started'>): void {
    switch (event.type) {
      case 'usage.recorded':
        return this.#used(event.payload)
      case 'budget.exceeded':
        this.#exceeded.set(event.payload.key, event.payload.detail)
        return
      case 'budget.raised':
        if (event.payload.shared !== undefined) {
          if (event.payload.shared.key !== null) this.#passedOn.add(event.payload.shared.key)
          return
        }
        for (const [limit, amount] of Object.entries(event.payload.detail))
          this.#raise('run', limit as BudgetLimit, amount)
        return
      case 'step.started': {
        const { key, attempt, activeMs } = event.payload
        // An attempt that is begun anew by a person's answer keeps what it used.
        if (this.#attempts.get(key)?.number !== attempt)
          this.#attempts.set(key, { number: attempt, used: unused() })
        if (activeMs !== undefined && !this.#began.has(key)) this.#began.set(key, activeMs)
      }
    }
  }

  /** A person answered the question under `key`; another question than one about a budget changes nothing. */
  answered(key: string, answer: AnswerRecord): void {
    const excess = this.#exceeded.get(key)
    if (excess === undefined) return
    if (excess.scope === 'tree' || excess.scope === 'day') return
    const scope = excess.scope === 'run' ? 'run' : { stepKey: excess.stepKey }
    const choice = readBudgetChoice(answer, excess)
    if (choice.is === 'unfit' || choice.is === 'stop') return
    if (choice.is === 'continue') this.#grantedTo(scope).lifted.add(excess.limit)
    else for (const [limit, amount] of choice.amounts) this.#raise(scope, limit, amount)
  }

  /** Whether the answer to a question about a shared budget is known to all who share it. */
  isPassedOn(key: string): boolean {
    return this.#passedOn.has(key)
  }

  /** The excess that a question is about. */
  excessOf(key: string): BudgetExcess | undefined {
    return this.#exceeded.get(key)
  }

  /** What a limit allows by now; infinite where there is none or it was lifted. */
  allowed(scope: BudgetScope, budget: Amounts | null, limit: BudgetLimit): number {
    const granted = this.#granted.get(keyOf(scope))
    const base = budget?.[limit]
    if (base === undefined || granted?.lifted.has(limit) === true) return Infinity
    return base + (granted?.raised[limit] ?? 0)
  }

  /** @param activeMs Running time of the run by now. */
  spent(scope: BudgetScope, limit: BudgetLimit, activeMs: number): number {
    const before = scope === 'run' ? (this.#before?.spent[limit] ?? 0) : 0
    if (limit === 'wallMs') {
      const since = scope === 'run' ? 0 : (this.#began.get(scope.stepKey) ?? activeMs)
      return before + activeMs - since
    }
    const used = scope === 'run' ? this.run : this.#steps.get(scope.stepKey)
    if (used === undefined) return before
    const amount =
      limit === 'usd' ? used.usd : limit === 'turns' ? used.turns : used.inputTokens + used.outputTokens
    return round(before + amount)
  }

  /** What the present attempt of a step used, in all its processes; null when nothing was reported. */
  ofAttempt(stepKey: string): Pick<AgentResult, 'usage' | 'costUsd'> | null {
    const used = this.#attempts.get(stepKey)?.used
    if (used === undefined || used.turns === 0) return null
    const { turns: _t, usd: _u, costUsd, ...tokens } = used
    return {
      usage: { ...tokens, totalTokens: tokens.inputTokens + tokens.outputTokens },
      costUsd: costUsd === null ? null : round(costUsd),
    }
  }

  /** What the run hands to the one that it continues as. */
  carry(activeMs: number): BudgetCarry {
    const granted = this.#grantedTo('run')
    const spent = (limit: BudgetLimit): number => this.spent('run', limit, activeMs)
    return {
      spent: { usd: spent('usd'), tokens: spent('tokens'), turns: spent('turns'), wallMs: spent('wallMs') },
      raised: { ...granted.raised },
      lifted: [...granted.lifted],
    }
  }

  #used(usage: EventPayloads['usage.recorded']): void {
    if (usage.callId !== null) {
      if (this.#calls.has(usage.callId)) return
      this.#calls.add(usage.callId)
    }
    add(this.run, usage)
    if (usage.stepKey === null) return
    const step = this.#steps.get(usage.stepKey) ?? unused()
    this.#steps.set(usage.stepKey, step)
    add(step, usage)
    const attempt = this.#attempts.get(usage.stepKey)?.used
    if (attempt !== undefined) add(attempt, usage)
  }

  #raise(scope: BudgetScope, limit: BudgetLimit, amount: number): void {
    const { raised } = this.#grantedTo(scope)
    raised[limit] = round((raised[limit] ?? 0) + amount)
  }

  #grantedTo(scope: BudgetScope): Granted {
    const key = keyOf(scope)
    const granted = this.#granted.get(key) ?? { raised: {}, lifted: new Set<BudgetLimit>() }
    this.#granted.set(key, granted)
    return granted
  }
}

/** No key of a step is empty. */
function keyOf(scope: BudgetScope): string {
  return scope === 'run' ? '' : scope.stepKey
}

function unused(): Used {
  return {
    turns: 0,
    usd: 0,
    costUsd: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    reasoningTokens: 0,
  }
}

function add(to: Used, usage: EventPayloads['usage.recorded']): void {
  to.turns++
  to.usd += usage.costUsd ?? 0
  to.costUsd = to.costUsd === null || usage.costUsd === null ? null : to.costUsd + usage.costUsd
  to.inputTokens += usage.inputTokens
  to.outputTokens += usage.outputTokens
  to.cachedReadTokens += usage.cachedReadTokens
  to.cachedWriteTokens += usage.cachedWriteTokens
  to.reasoningTokens += usage.reasoningTokens
}

/** Six places, as money is kept. */
function round(amount: number): number {
  return Math.round(amount * 1e6) / 1e6
}
