import { isTerminal, needsPerson } from '@holdfast/workflow-sdk'
import type { RunTree } from './Follower.ts'
import type { RunProgress } from './RunProgress.ts'

/** Whether only a person can go on: every part of the tree that is not over waits for one, or is paused. */
export function waitsForPerson(tree: RunTree, runId: string): boolean {
  const run = tree.get(runId)
  if (run === undefined) return false
  if (run.status === 'paused') return true
  if (run.status !== 'waiting' || run.waitingFor === null) return false
  const { reason, others = [] } = run.waitingFor
  const reasons = [reason, ...others]
  if (reasons.some((one) => !needsPerson(one) && one !== 'child')) return false
  return !reasons.includes('child') || childrenWait(tree, run)
}

function childrenWait(tree: RunTree, run: RunProgress): boolean {
  const children = [...run.steps.values()]
    .filter((step) => step.childRunId !== null && step.endedAt === null)
    .map((step) => tree.get(step.childRunId!))
    .filter((child) => child !== undefined && !isTerminal(child.status))
  return children.length > 0 && children.every((child) => waitsForPerson(tree, child!.runId))
}
