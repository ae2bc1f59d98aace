import type { ActionPlan, PlanWithNotes } from '@holdfast/runtime'
import type { Io } from '../io.ts'
import { formatCost, oneLine } from './format.ts'
import { printJson } from './print.ts'

/** A plan in half a line. */
export function inShort({ reuse, firstLive, afterThat, costUsd }: ActionPlan): string {
  const { estimated, unknown } = costUsd
  const cost = estimated === 0 && unknown === 0 ? '' : `, ${costInWords(estimated, unknown)}`
  return `reuse ${reuse.length}, run ${afterThat.length + (firstLive === null ? 0 : 1)} as last time${cost}`
}

/** Prints what an action would do. */
export function printPlan(io: Io, { plan, notes }: PlanWithNotes, json: boolean): void {
  if (json) return printJson(io, { ...plan, notes })
  const { reuse, firstLive, afterThat, costUsd } = plan
  const { known, estimated, unknown } = costUsd
  const lines = [
    `reuse       ${names(reuse)}`,
    `run anew    ${firstLive?.key ?? (plan.next.some(({ why }) => why === 'new') ? 'what is new' : 'nothing')}`,
    `after that  ${names(afterThat)}${afterThat.length === 0 ? '' : ' (as last time)'}`,
    ...nextLines(plan),
    ...(plan.unused.length === 0
      ? []
      : [`not asked   ${names(plan.unused)}: the journal has it, the code does not ask for it`]),
    `code        ${codeInWords(plan)}`,
    `cost        ${costInWords(estimated, unknown)}; ${formatCost(known)} is not paid again`,
    `plan        ${plan.planId}`,
    ...notes,
  ]
  for (const line of lines) io.stdout.write(`${line}\n`)
}

/** What a dry replay found out about the code, in one line. */
function codeInWords({ version, verdict, divergence, ends, next }: ActionPlan): string {
  const of =
    version.from === version.to ? `version ${version.to}` : `version ${version.to} instead of ${version.from}`
  switch (verdict) {
    case 'unknown':
      return `${of}, which cannot be replayed here`
    case 'diverges':
      return `${of} DIVERGES${placed(divergence?.at)}: ${oneLine(divergence?.message ?? '')}`
    case 'differs':
    case 'same': {
      const fit = verdict === 'same' ? 'fits the journal' : 'goes on, but not as the journal has it'
      if (ends === null) return `${of} ${fit}${next.length === 0 ? '' : placed(next[0]?.at)}`
      return `${of} ${fit}, and then ${ENDS[ends.how]}${ends.message === null ? '' : `: ${oneLine(ends.message)}`}${placed(ends.at)}`
    }
  }
}

const ENDS = {
  completed: 'completes the run',
  failed: 'fails',
  continued: 'goes on as another run',
  stuck: 'stands still',
} as const

const WHY = {
  new: 'new',
  interrupted: 'was interrupted and runs again',
  retrying: 'is tried again',
  open: 'waits on',
} as const

/** Where the code stands when the journal ends, one line for each call. */
function nextLines({ next }: ActionPlan): string[] {
  return next.map(
    ({ key, kind, why, at }, i) =>
      `${i === 0 ? 'then' : '    '}        ${key} (${kind}), ${WHY[why]}${placed(at)}`,
  )
}

function placed(at: string | null | undefined): string {
  return at == null ? '' : ` at ${at}`
}

function names(steps: readonly { readonly key: string }[]): string {
  return steps.map(({ key }) => key).join(', ') || 'nothing'
}

function costInWords(estimated: number, unknown: number): string {
  const more = unknown === 0 ? '' : `, and ${unknown} steps whose price is not known`
  return `about ${formatCost(estimated)}${more}`
}
