import { rm } from 'node:fs/promises'
import type { CrashPlan } from '@holdfast/engine/testing'
import { expect, test } from 'vitest'
import { factsOf, finishedSteps, processesLeft, runInProcess } from './support/crashLab.ts'
import { copyOf, sdlcProject, type Project } from './support/projects.ts'

/** Crash points in an ordinary run of the tests; `HOLDFAST_ALL_CRASH_POINTS=1` takes all of them. */
const SAMPLE = 24
/** Of these the last points of the run, where commit, push and pull request leave the machine: all are tried. */
const LAST = 12
/** Draws the sample; the same seed draws the same. */
const SEED = 11

test(
  'simple-sdlc survives a crash before and after every write of its engine',
  { timeout: 1_800_000 },
  async () => {
    const original = await sdlcProject()
    const calmProject = await copyOf(original)
    const writes = await runInProcess(calmProject, null)
    const calm = await factsOf(calmProject)
    expect(calm).toMatchObject({ status: 'completed', again: [], commits: ['Add slugify'], pushed: true })

    const points = pointsOf(writes ?? [])
    const chosen = process.env['HOLDFAST_ALL_CRASH_POINTS'] === '1' ? points : sample(points)
    let crashes = 0
    for (const plan of chosen) {
      const name = `crash ${plan.when} write ${plan.at} (${writes?.[plan.at]})`
      const { project, crashed } = await crashAt(original, plan, writes?.length ?? 0)
      if (crashed) crashes++
      const before = await finishedSteps(project)
      if (crashed) await runInProcess(project, null)
      const facts = await factsOf(project)
      expect(facts, name).toEqual(calm)
      expect(calm.finished, name).toEqual(expect.arrayContaining([...before]))
      expect(await processesLeft(), name).toBe(0)
      await rm(project.folder, { recursive: true, force: true, maxRetries: 5 })
    }
    console.log(
      `crash points of simple-sdlc: ${points.length} (${writes?.length} writes), ${chosen.length} tried, ${crashes} crashes, ` +
        `${chosen.length - crashes} at the end before their write`,
    )
    expect(crashes).toBeGreaterThan(chosen.length * 0.9)
  },
)

/**
 * Crashes a run at a point. On a busy machine less goes into one write than on a quiet one, so that runs differ in
 * their number: a point that a run does not come to is tried again at the same distance from the end.
 */
async function crashAt(
  original: Project,
  plan: CrashPlan,
  calmWrites: number,
): Promise<{ readonly project: Project; readonly crashed: boolean }> {
  const project = await copyOf(original)
  const made = await runInProcess(project, plan)
  if (made === null) return { project, crashed: true }
  await rm(project.folder, { recursive: true, force: true, maxRetries: 5 })
  const again = await copyOf(original)
  const at = Math.max(0, made.length - (calmWrites - plan.at))
  return { project: again, crashed: (await runInProcess(again, { ...plan, at })) === null }
}

/** A claim that finds nothing is no write, so there is no place before one. */
function pointsOf(writes: readonly string[]): CrashPlan[] {
  return writes.flatMap((write, at) =>
    write === 'claimDueRuns'
      ? [{ at, when: 'after' as const }]
      : [
          { at, when: 'before' as const },
          { at, when: 'after' as const },
        ],
  )
}

/** The last points, and of those before them one drawn from each of equal stretches. */
function sample(points: readonly CrashPlan[]): CrashPlan[] {
  const random = mulberry32(SEED)
  const length = (points.length - LAST) / (SAMPLE - LAST)
  const spread = Array.from(
    { length: SAMPLE - LAST },
    (_, index) => points[Math.floor((index + random()) * length)],
  )
  return [...spread.filter((point) => point !== undefined), ...points.slice(-LAST)]
}

/** A small seeded generator of numbers in [0, 1): mulberry32 by Tommy Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
