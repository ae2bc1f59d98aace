import { openSqliteStore } from '@holdfast/store'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createTestEngine } from '../src/testing/index.ts'

const w = createWorkflow({ name: 'w', deadlineMs: 3_600_000 }, async (ctx) => {
  await ctx.run('a', () => 'a')
  await ctx.waitForEvent('go')
  return 'done'
})

/** A run that waits on an engine that polls, and a hand that changes its database from outside. */
async function waitingRun() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-corrupt-'))
  const path = join(folder, 'store.db')
  const t = await createTestEngine({
    workflows: [w],
    settings: { pollIntervalMs: 1000 },
    openStore: (now) => openSqliteStore({ path, now }),
  })
  const hand = new DatabaseSync(path)
  onTestFinished(async () => {
    hand.close()
    await t.close()
    rmSync(folder, { recursive: true })
  })
  const run = await t.start(w, {})
  await run.settled()
  const events = () =>
    hand.prepare('select * from workflow_events where run_id = ? order by sequence').all(run.id)
  return { t, run, hand, events }
}

const REMOVE = 'delete from workflow_events where run_id = ? and sequence = 3'

it('[EE6] a run whose journal has a hole is set aside, changes nothing, and goes on when it is whole again', async () => {
  const { t, run, hand, events } = await waitingRun()
  const whole = events()
  const moved = whole.find((event) => event['sequence'] === 3)
  hand.prepare(REMOVE).run(run.id)
  await run.send('go')
  await t.advance('1s')
  const aside = await t.store.getWorkflowRun(run.id)
  expect(aside).toMatchObject({ status: 'waiting', waiting_for: { reason: 'failure' } })
  expect(aside.waiting_for?.detail).toMatch(/has event 4 where 3 should be.*JOURNAL_CORRUPT/)
  const written = events()
  expect(written.slice(0, whole.length - 1)).toEqual(whole.filter((event) => event !== moved))
  // Polls pass, and nobody claims it.
  await t.advance('1m')
  expect(events()).toEqual(written)

  const columns = Object.keys(moved ?? {})
  hand
    .prepare(
      `insert into workflow_events (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    )
    .run(...Object.values(moved ?? {}))
  await t.engine.resume(run.id, { by: 'test' })
  expect(await run.output()).toBe('done')
})

it('[EE6] a run whose journal lost its end or its beginning ends when it is asked to stop, or at its deadline', async () => {
  for (const lost of ['sequence = 1', 'sequence > 2']) {
    const { t, run, hand } = await waitingRun()
    hand.prepare(`delete from workflow_events where run_id = ? and ${lost}`).run(run.id)
    await t.restart()
    if (lost === 'sequence = 1') {
      await run.cancel()
      expect(await run.ended()).toMatchObject({ status: 'cancelled', error: { code: 'JOURNAL_CORRUPT' } })
    } else {
      await t.advance('61m')
      expect(await run.ended()).toMatchObject({ status: 'timed_out', error: { code: 'JOURNAL_CORRUPT' } })
    }
  }
})
