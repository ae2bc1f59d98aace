import { EventEmitter, once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createHoldfast, type Holdfast } from '@holdfast/runtime'
import { openStore } from '@holdfast/store'
import { crashingStore, type CrashPlan } from '@holdfast/engine/testing'
import { isTerminal } from '@holdfast/workflow-sdk'

/** What this program is told, as JSON in its first argument. */
export interface CrashingRun {
  readonly projectPath: string
  readonly runId: string
  readonly input: unknown
  /** Where it dies by SIGKILL; null runs to the end. */
  readonly plan: CrashPlan | null
  /** A file for the names of the writes, as a JSON array, when it came to the end. */
  readonly writesPath: string
}

/**
 * Starts `simple-sdlc` or goes on with it, approves what it asks, and ends with the run. At the planned write
 * of the store the whole process dies, as in a power cut: agents and commands that it started live on.
 */
async function main({ projectPath, runId, input, plan, writesPath }: CrashingRun): Promise<void> {
  const truth = await openStore(`sqlite:${projectPath}/.agent/holdfast.db`)
  const { store, writes, crashed } = crashingStore(truth, plan)
  void crashed.then(() => process.kill(process.pid, 'SIGKILL'))
  const holdfast = await createHoldfast({ projectPath, store, settings: { parkAfterMs: 0 } })
  await holdfast.worker()
  if ((await store.findWorkflowRun(runId)) === null) await holdfast.start('simple-sdlc', input, { id: runId })
  await approveUntilOver(holdfast, runId)
  await holdfast.close()
  await truth.close()
  writeFileSync(writesPath, JSON.stringify(writes))
}

/** Answers what a parked run asks, until it is over. */
async function approveUntilOver({ store, engine }: Holdfast, runId: string): Promise<void> {
  const isOver = async (): Promise<boolean> => {
    const run = await store.getWorkflowRun(runId)
    const open = run.status === 'waiting' ? await store.listApprovals({ runId, status: 'open' }) : []
    for (const { id: approvalId } of open)
      await engine.answer(runId, { approvalId, approved: true, by: 'driver' })
    return isTerminal(run.status)
  }
  const changes = new EventEmitter()
  let changed = true
  const unwatch = store.watch(() => {
    changed = true
    changes.emit('change')
  })
  while (!(await isOver())) {
    if (!changed) await once(changes, 'change')
    changed = false
  }
  unwatch()
}

await main(JSON.parse(process.argv[2] ?? '') as CrashingRun)
