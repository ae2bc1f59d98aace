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
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let looking = false
  let again = false
  const look = async (): Promise<void> => {
    const run = await store.getWorkflowRun(runId)
    if (isTerminal(run.status)) return resolve()
    if (run.status !== 'waiting') return
    for (const { id: approvalId } of await store.listApprovals({ runId, status: 'open' }))
      await engine.answer(runId, { approvalId, approved: true, by: 'driver' })
  }
  const soon = (): void => {
    again = true
    if (looking) return
    looking = true
    again = false
    look()
      .catch(reject)
      .finally(() => {
        looking = false
        if (again) soon()
      })
  }
  const unwatch = store.watch(soon)
  soon()
  await promise
  unwatch()
}

await main(JSON.parse(process.argv[2] ?? '') as CrashingRun)
