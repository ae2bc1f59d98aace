import { isTerminal } from '@holdfast/workflow-sdk'
import type { RunTree } from './Follower.ts'

/** Reasons of a wait that only a person ends (P3). */
const PERSON_REASONS: ReadonlySet<string> = new Set([
  'approval',
  'question',
  'failure',
  'crash-loop',
  'effect-unknown',
  'workspace-lost',
  'budget',
])

/** Whether only a person can go on: every part of the tree that is not over waits for one, or is paused. */
export function waitsForPerson(tree: RunTree, runId: string): boolean {
  const run = tree.get(runId)
  if (run === undefined) return false
  if (run.status === 'paused') return true
  if (run.status !== 'waiting' || run.waitingFor === null) return false
  if (PERSON_REASONS.has(run.waitingFor.reason)) return true
  if (run.waitingFor.reason !== 'child') return false
  const children = [...run.steps.values()]
    .filter((step) => step.childRunId !== null && step.endedAt === null)
    .map((step) => tree.get(step.childRunId!))
    .filter((child) => child !== undefined && !isTerminal(child.status))
  return children.length > 0 && children.every((child) => waitsForPerson(tree, child!.runId))
}
