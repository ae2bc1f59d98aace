import type { IWorkflowStore } from '@holdfast/store/contract'
import {
  createTestEngine,
  crashingStore,
  type CrashPlan,
  type TestClock,
  type TestEngine,
} from '../../src/testing/index.ts'
import { fuzzWorkflows } from './carryOut.ts'
import type { Recorder } from './Recorder.ts'
import { stallingStore, type StallingStore } from './stalling.ts'

/** What befalls a process: it dies at a write, or stands still before one and wakes after so many rounds. */
export type Fate =
  | { readonly is: 'calm' }
  | { readonly is: 'death'; readonly plan: CrashPlan }
  | { readonly is: 'stall'; readonly at: number; readonly rounds: number }

interface Member {
  /** Null while it starts. */
  engine: TestEngine | null
  readonly starting: Promise<unknown>
  readonly stalling: StallingStore
  readonly die: () => void
  roundsLeft: number
  isDead: boolean
}

/** Processes that live at the same time on one clock, each with a store of its own on the same place. */
export class Group {
  readonly #clock: TestClock
  readonly #recorder: Recorder
  readonly #alive = new Set<number>()
  readonly #members: Member[] = []
  readonly #left: Promise<unknown>[] = []
  /** Bodies of finished steps that were run again by a process that owned their run. */
  readonly repeated: string[] = []
  deaths = 0
  stalls = 0

  constructor(clock: TestClock, recorder: Recorder) {
    this.#clock = clock
    this.#recorder = recorder
  }

  /** Processes that neither died nor stand still. */
  get awake(): number {
    return this.#members.filter((member) => !member.isDead && !member.stalling.isStalled()).length
  }

  /** An engine through which something can be asked, if there is one. */
  get engine(): TestEngine | null {
    return (
      this.#members.find((member) => !member.isDead && !member.stalling.isStalled() && member.engine !== null)
        ?.engine ?? null
    )
  }

  /** Starts a process on a store that was opened for it. */
  add(raw: IWorkflowStore, fate: Fate, concurrency: number): void {
    const pid = this.#members.length + 1
    // Runs that it held when it stood still, or died: it cannot know better than to go on with them.
    const unaware = new Set<string>()
    const watched = this.#recorder.watch(raw, (runId) => void unaware.delete(runId))
    const stalling = stallingStore(watched, fate.is === 'stall' ? fate.at : null, () => {
      this.stalls++
      this.#alive.delete(pid)
      for (const id of member.engine?.worker.activeRuns() ?? []) unaware.add(id)
    })
    const crashing = crashingStore(stalling.store, fate.is === 'death' ? fate.plan : null)
    this.#alive.add(pid)
    const starting = createTestEngine({
      workflows: fuzzWorkflows((runId, step) => {
        if (member.isDead || unaware.has(runId)) return
        if (this.#recorder.isFinished(runId, step)) this.repeated.push(`${runId}/${step}`)
      }),
      openStore: () => crashing.store,
      clock: this.#clock,
      concurrency,
      process: { pid, isAlive: (other) => this.#alive.has(other) },
      // Whether a process lives is known by its id here; its lease runs on the clock that leaps.
      settings: { pollIntervalMs: 20_000, leaseDurationMs: 10 ** 12 },
    }).then((engine) => (member.engine = engine))
    const member: Member = {
      engine: null,
      starting,
      stalling,
      roundsLeft: fate.is === 'stall' ? fate.rounds : 0,
      isDead: false,
      die: () => {
        if (!member.isDead) crashing.die()
      },
    }
    this.#members.push(member)
    void crashing.crashed.then(() => {
      this.deaths++
      member.isDead = true
      this.#alive.delete(pid)
      // What it had asked for is done before its store is gone.
      this.#left.push(raw.close())
    })
  }

  /** A round is over: who has stood still long enough goes on. */
  tick(): void {
    for (const member of this.#members)
      if (member.stalling.isStalled() && --member.roundsLeft < 0) this.#wake(member)
  }

  /** Wakes all that stand still. */
  wakeAll(): void {
    for (const member of this.#members) if (member.stalling.isStalled()) this.#wake(member)
  }

  /** Lets all die that live still. */
  async end(): Promise<void> {
    for (const { die } of this.#members) die()
    await Promise.all(this.#left)
  }

  /** Stops those that live. */
  async close(): Promise<void> {
    for (const member of this.#members) {
      if (member.isDead) continue
      await member.starting
      await member.engine?.close()
      member.isDead = true
    }
    await Promise.all(this.#left)
  }

  #wake(member: Member): void {
    this.#alive.add(this.#members.indexOf(member) + 1)
    member.stalling.wake()
  }
}
