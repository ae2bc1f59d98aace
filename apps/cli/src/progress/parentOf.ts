import type { RunProgress, StepProgress } from './RunProgress.ts'

/**
 * Key of the step below which a step is shown, or null: the step around it, else the nearest scope or race
 * that its path lies in.
 */
export function parentOf(run: RunProgress, step: StepProgress): string | null {
  if (step.parentKey !== null && run.steps.has(step.parentKey)) return step.parentKey
  for (let end = lastMark(step.key, step.key.length); end > 0; end = lastMark(step.key, end)) {
    const around = step.key.slice(0, end)
    if (run.steps.has(around)) return around
  }
  return null
}

/** Place of the last `/` or `@` before `end`: where a part of a path ends. */
function lastMark(key: string, end: number): number {
  return Math.max(key.lastIndexOf('/', end - 1), key.lastIndexOf('@', end - 1))
}
