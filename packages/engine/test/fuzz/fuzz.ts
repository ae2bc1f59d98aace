import type { IWorkflowStore } from '@holdfast/store/contract'
import { isTerminal } from '@holdfast/workflow-sdk'
import { TestClock, turns } from '../../src/testing/index.ts'
import { fuzzWorkflows } from './carryOut.ts'
import { Group, type Fate } from './Group.ts'
import { drawProgram, generator, type Program, type Random } from './Program.ts'
import { Recorder } from './Recorder.ts'

/** Where the runs of a storm live. */
export interface FuzzPlace {
  readonly name: string
  /** Opens the store once more, as another process would. */
  readonly open: (now: () => number) => Promise<IWorkflowStore>
  readonly remove: () => Promise<void>
}

/** What a seed did. */
export interface FuzzReport {
  readonly runs: number
  readonly events: number
  readonly deaths: number
  readonly stalls: number
  readonly takeovers: number
  /** Writes of workers that had lost the run. */
  readonly refused: number
}

const [MAIN] = fuzzWorkflows(() => {})

/** Rounds of a minute after which a run counts as stuck. */
const PATIENCE = 1500
/** Disturbances of one seed at most. */
const MAX_FATES = 4

/**
 * Draws programs and what befalls the processes that execute them, two at a time on one store, from the seed; and
 * compares what becomes of them with what becomes of them in peace. `calm` is a store of its own for that.
 * @throws Error naming the seed and everything that differs.
 */
export async function fuzz(seed: number, place: FuzzPlace, calm: FuzzPlace): Promise<FuzzReport> {
  const random = generator(seed)
  const programs = new Map(
    Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => [
      `019a0000-0000-7000-8000-${seed.toString(16).padStart(8, '0')}${index.toString(16).padStart(4, '0')}`,
      drawProgram(random),
    ]),
  )
  const peace = await execute(programs, calm, { next: () => ({ is: 'calm' }), workers: 1, concurrency: 10 })
  const fates = fatesOf(random, peace.writes)
  const concurrency = 1 + Math.floor(random() * 4)
  const storm = await execute(programs, place, { next: fates, workers: 2, concurrency })
  const wrong = [
    ...storm.wrong,
    ...peace.wrong.map((text) => `in peace: ${text}`),
    ...differences(peace.facts, storm.facts),
  ]
  if (wrong.length > 0)
    throw new Error(
      `Seed ${seed} on ${place.name} (${storm.report.deaths} deaths, ${storm.report.stalls} stalls): ${wrong.join('; ')}`,
    )
  return storm.report
}

/** Fates one after the other; when all have met their process the weather is calm. */
function fatesOf(random: Random, writes: number): () => Fate {
  const fates = Array.from({ length: 1 + Math.floor(random() * MAX_FATES) }, (): Fate => {
    const at = Math.floor(random() * writes * 0.7)
    const drawn = random()
    if (drawn < 0.35) return { is: 'stall', at, rounds: Math.floor(random() * 12) }
    return { is: 'death', plan: { at, when: drawn < 0.7 ? 'before' : 'after' } }
  })
  return () => fates.shift() ?? { is: 'calm' }
}

type Facts = ReadonlyMap<string, unknown>

async function execute(
  programs: ReadonlyMap<string, Program>,
  place: FuzzPlace,
  by: { readonly next: () => Fate; readonly workers: number; readonly concurrency: number },
): Promise<{ facts: Facts; wrong: readonly string[]; writes: number; report: FuzzReport }> {
  const clock = new TestClock()
  const recorder = new Recorder()
  const group = new Group(clock, recorder)
  const observer = await place.open(() => clock.now())
  try {
    for (let round = 0; !(await areOver(observer, programs)); round++) {
      if (round > PATIENCE) return await stuck(observer, programs)
      while (group.awake < by.workers)
        group.add(await place.open(() => clock.now()), by.next(), by.concurrency)
      await speak(observer, group, programs)
      await clock.advance(60_000)
      await settle(observer)
      group.tick()
    }
    group.wakeAll()
    for (let round = 0; round < 3; round++) {
      await clock.advance(60_000)
      await settle(observer)
    }
    await group.close()
    return await judge(observer, programs, { recorder, group })
  } finally {
    await group.end()
    await observer.close()
  }
}

/** Starts what is not there yet, answers what is asked and sends what is waited for; again and again, as nobody may have heard. */
async function speak(
  observer: IWorkflowStore,
  { engine }: Group,
  programs: ReadonlyMap<string, Program>,
): Promise<void> {
  if (engine === null) return
  const forget = (promise: Promise<unknown>): void => void promise.catch(() => {})
  for (const [id, program] of programs)
    if ((await observer.findWorkflowRun(id)) === null) forget(engine.start(MAIN, program, { id }))
  for (const { id, run_id: runId, kind } of await observer.listApprovals({ status: 'open' }))
    forget(
      engine.engine.answer(runId, {
        approvalId: id,
        approved: true,
        by: 'fuzz',
        ...(kind === 'approval' ? {} : { answer: 'continue' }),
      }),
    )
  for (const run of (await observer.listWorkflowRuns({ status: 'waiting', limit: 100 })).items) {
    for (const event of await observer.listWorkflowEvents({ runId: run.id })) {
      if (event.type !== 'wait.started' || event.payload.kind !== 'event') continue
      const name = event.payload.detail ?? ''
      if (name === 'never') continue
      forget(engine.engine.send(run.id, { name, data: { of: name }, id: `${run.id} ${name}`, by: 'fuzz' }))
    }
  }
}

async function areOver(observer: IWorkflowStore, programs: ReadonlyMap<string, Program>): Promise<boolean> {
  for (const id of programs.keys()) {
    const run = await observer.findWorkflowRun(id)
    if (run === null || !isTerminal(run.status)) return false
  }
  return true
}

/** Behind what waits to be written; of an unknown run nothing is kept. */
async function settle(store: IWorkflowStore): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await store.appendWorkflowLog([
      { run_id: 'nobody', step_id: null, level: 'info', message: '', data: null },
    ])
    await turns(5)
  }
}

async function judge(
  store: IWorkflowStore,
  programs: ReadonlyMap<string, Program>,
  { recorder, group }: { readonly recorder: Recorder; readonly group: Group },
): Promise<Awaited<ReturnType<typeof execute>>> {
  const facts = new Map<string, unknown>()
  const wrong = group.repeated.map((step) => `finished step ${step} ran again`)
  let [events, takeovers] = [0, 0]
  const ids = [...programs.keys()]
  for (const id of ids) {
    const run = await store.getWorkflowRun(id)
    const journal = await store.listWorkflowEvents({ runId: id })
    ids.push(...(await store.listWorkflowRuns({ parentRunId: id })).items.map((child) => child.id))
    events += journal.length
    takeovers += journal.filter((e) => e.type === 'run.resumed' && e.payload.cause === 'takeover').length
    if (journal.some((event, index) => event.sequence !== index + 1))
      wrong.push(`the journal of ${id} has a gap`)
    wrong.push(...recorder.foreign(id, journal).map((text) => `${id}: ${text}`))
    const finished = journal.flatMap((event) => (event.type === 'step.completed' ? [event.payload.key] : []))
    const { status, output, state, error } = run
    facts.set(id, {
      status,
      output,
      state: Object.fromEntries(Object.entries(state).toSorted()),
      error,
      finished: finished.toSorted(),
      comments: journal.filter(({ type }) => type === 'comment.added').length,
      ends: journal.filter(({ type }) => /^run\.(completed|failed|cancelled|timed_out)$/.test(type)).length,
    })
  }
  const { deaths, stalls } = group
  const { refused, writes } = recorder
  return { facts, wrong, writes, report: { runs: ids.length, events, deaths, stalls, takeovers, refused } }
}

function differences(peace: Facts, storm: Facts): string[] {
  return [...new Set([...peace.keys(), ...storm.keys()])].flatMap((id) => {
    const [wanted, found] = [JSON.stringify(peace.get(id)), JSON.stringify(storm.get(id))]
    return wanted === found ? [] : [`run ${id} became ${found} instead of ${wanted}`]
  })
}

async function stuck(observer: IWorkflowStore, programs: ReadonlyMap<string, Program>): Promise<never> {
  const said = []
  for (const [id, program] of programs) {
    const run = await observer.findWorkflowRun(id)
    if (run !== null && isTerminal(run.status)) continue
    const journal = await observer.listWorkflowEvents({ runId: id })
    const events = journal.map(
      ({ sequence, timestamp, type, payload }) =>
        `${sequence} ${timestamp} ${type} ${JSON.stringify(payload)}`,
    )
    said.push(`${JSON.stringify(program)} is ${run?.status}:\n${events.join('\n')}`)
  }
  throw new Error(`Runs do not end:\n${said.join('\n')}`)
}
