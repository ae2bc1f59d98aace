import { WorkflowError } from '@holdfast/workflow-sdk'

/** Where a recording does not fit what a step asks for. */
export interface Divergence {
  /** Path of the recording. */
  readonly recording: string
  readonly runId: string
  readonly kind: 'Agent' | 'Prompt'
  readonly step: string
  readonly key: string
  readonly what: 'missing' | 'agent' | 'model' | 'prompt' | 'system' | 'file'
  /** What differs, in words. */
  readonly difference: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** The error `RECORDING_DIVERGED`. */
export function diverged(divergence: Divergence): WorkflowError {
  const { recording, runId, kind, step, key, what, difference, details } = divergence
  return new WorkflowError(
    'RECORDING_DIVERGED',
    `${kind} step "${step}" (${key}) does not fit the recording ${recording}: ${difference}. Record such a run again: holdfast record RUN --out ${recording}`,
    { details: { step, key, what, recording, recordedRun: runId, ...details } },
  )
}

/** The places of one run, which differ from run to run, and what stands for them in a recording. */
export interface Places {
  readonly runId: string
  readonly workspacePath: string
}

/** A text with the places of its run taken out. */
export function placeless(text: string, { runId, workspacePath }: Places): string {
  const bare = text.replaceAll(runId, '<run>')
  return workspacePath === '' ? bare : bare.replaceAll(workspacePath, '<workspace>')
}

/** What `holdfast record` puts in the place of a secret. */
const REDACTED = /\[redacted(?::[A-Za-z0-9_]+)?\]/

/** The first line that differs, or null; what was redacted fits anything. */
export function firstDifference(
  recorded: string,
  asked: string,
): { readonly line: number; readonly recorded: string; readonly asked: string } | null {
  if (recorded === asked) return null
  const [left, right] = [recorded.split('\n'), asked.split('\n')]
  for (let line = 0; line < Math.max(left.length, right.length); line++) {
    const [one, other] = [left[line], right[line]]
    if (one === other || (one !== undefined && other !== undefined && fits(one, other))) continue
    return { line: line + 1, recorded: clip(one), asked: clip(other) }
  }
  return null
}

function fits(recorded: string, asked: string): boolean {
  if (!REDACTED.test(recorded)) return false
  const parts = recorded.split(new RegExp(REDACTED, 'g'))
  let at = 0
  for (const [index, part] of parts.entries()) {
    const found = index === parts.length - 1 ? asked.lastIndexOf(part) : asked.indexOf(part, at)
    if (found < at || (index === 0 && found !== 0)) return false
    at = found + part.length
  }
  return at === asked.length
}

function clip(line: string | undefined): string {
  if (line === undefined) return '(nothing)'
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
