import type { Turn } from './protocols/Protocol.ts'
import type { ModelRule, ModelScript, ModelStep } from './script.ts'

/** The step that answers a request, and where it stands. */
export interface ChosenStep {
  readonly rule: ModelRule | null
  /** How often the model has spoken since the message that fits. */
  readonly turn: number
  readonly step: ModelStep
}

/** Chooses by the last text of the user that fits a rule; results of tools are no texts of the user. */
export function chooseStep(script: ModelScript, turns: readonly Turn[]): ChosenStep {
  const fallback = script.fallback ?? { text: 'OK.' }
  for (const [at, { role, texts }] of [...turns.entries()].toReversed()) {
    if (role !== 'user') continue
    for (const said of texts.toReversed()) {
      const rule = script.rules.find(({ when }) => new RegExp(when, 'i').test(said))
      if (rule === undefined) continue
      const turn = answersIn(turns.slice(at + 1))
      return { rule, turn, step: rule.steps[turn] ?? fallback }
    }
  }
  return { rule: null, turn: 0, step: fallback }
}

/** An answer may be sent back in several messages, one for its text and one for each tool. */
function answersIn(turns: readonly Turn[]): number {
  return turns.filter(({ role }, at) => role === 'assistant' && turns[at - 1]?.role !== 'assistant').length
}
