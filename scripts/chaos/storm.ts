import { setTimeout as delay } from 'node:timers/promises'
import { createHoldfast } from '@holdfast/runtime'
import { isTerminal } from '@holdfast/workflow-sdk'
import { Fleet } from './Fleet.ts'
import { judge, type Verdict } from './judge.ts'
import type { ChaosProject } from './workflow.ts'

/** How the weather is. */
export interface StormOptions {
  readonly project: ChaosProject
  /** Address of the store, as `HOLDFAST_STORE` takes it. */
  readonly store: string
  readonly runs: number
  readonly workers: number
  /** Runs that one worker executes at a time. */
  readonly concurrency: number
  readonly killEveryMs: number
  /** Freezes one worker for so long, once; 0: none. Longer than a lease it loses its runs. */
  readonly freezeMs: number
  /** Stops and starts the server of the store; called so many times. */
  readonly restartStore?: { readonly times: number; readonly restart: () => Promise<void> }
  readonly seed: number
  readonly say: (line: string) => void
}

/** What happened. */
export interface StormReport extends Verdict {
  readonly runs: number
  readonly kills: number
  readonly freezes: number
  readonly restarts: number
  readonly seconds: number
}

/**
 * Starts runs and lets worker processes execute them while they are killed with -9, frozen beyond their lease and
 * woken, and while the server of the store is stopped and started. Ends when every run is over.
 */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { project, store: address, say } = options
  const began = performance.now()
  const holdfast = await createHoldfast({ projectPath: project.root, store: address })
  const { store } = holdfast
  const fleet = new Fleet({
    root: project.root,
    store: address,
    size: options.workers,
    concurrency: options.concurrency,
  })
  const random = generator(options.seed)
  let [kills, freezes, restarts] = [0, 0, 0]
  let frozen: Promise<void> | null = null
  try {
    await holdfast.discover()
    const ids: string[] = []
    for (let index = 0; index < options.runs; index++)
      ids.push((await holdfast.start('chaos', { log: project.log, index })).id)
    say(`${ids.length} runs are waiting on ${store.description}`)
    const open = new Set(ids)
    for (let round = 1; open.size > 0; round++) {
      fleet.fill()
      await delay(options.killEveryMs)
      await whileAway(async () => {
        for (const id of open) if (isTerminal((await store.getWorkflowRun(id)).status)) open.delete(id)
        await answerCrashLoops()
      })
      if (open.size === 0) break
      if (options.freezeMs > 0 && freezes === 0 && round >= 3) {
        const wake = fleet.freeze(random())
        if (wake !== null) {
          freezes++
          frozen = delay(options.freezeMs).then(wake)
        }
      }
      const { restartStore } = options
      if (restartStore !== undefined && restarts < restartStore.times && round % 5 === 4) {
        restarts++
        say('the store is stopped and started')
        await restartStore.restart()
      }
      await fleet.kill(random())
      kills++
      say(`${options.runs - open.size} of ${options.runs} runs are over, ${kills} workers were killed`)
    }
    await frozen
    // What a woken worker still wants to write is refused by now.
    if (freezes > 0) await delay(2 * options.killEveryMs)
    const verdict = await judge({
      store,
      ids,
      log: project.log,
      pidOf: (workerId) => fleet.pids.get(workerId) ?? null,
    })
    const seconds = Math.round((performance.now() - began) / 100) / 10
    return { ...verdict, runs: options.runs, kills, freezes, restarts, seconds }
  } finally {
    await fleet.end()
    await holdfast.close()
  }

  async function answerCrashLoops(): Promise<void> {
    for (const { id, run_id: runId } of await store.listApprovals({ status: 'open' }))
      await holdfast.engine.answer(runId, { approvalId: id, approved: true, answer: 'continue', by: 'chaos' })
  }
}

/** Does what can wait until the server is there again. */
async function whileAway(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if ((error as { retryable?: boolean }).retryable !== true) throw error
  }
}

/** A seeded linear congruential generator of numbers in [0, 1) (Numerical Recipes, 3rd ed., 7.1). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}
