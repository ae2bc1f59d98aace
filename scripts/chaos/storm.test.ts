import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { makeStore } from './makeStore.ts'
import { storm } from './storm.ts'
import { makeProject } from './workflow.ts'

/** Few, so that the tests stay short; `npm run chaos` takes hundreds. SQLite has a test of its own with many kills. */
const RUNS = 8
const CALM = { lost: 0, repeated: 0, foreignWrites: 0, gaps: 0 }

test.each(['files', 'postgres'])(
  'a store of kind %s loses and repeats nothing while its workers are killed',
  { timeout: 400_000 },
  async (kind) => {
    const project = makeProject()
    const store = await makeStore(kind, project.folder)
    onTestFinished(async () => {
      await store.remove()
      rmSync(project.folder, { recursive: true, force: true, maxRetries: 5 })
    })
    const report = await storm({
      project,
      store: store.address,
      runs: RUNS,
      workers: 2,
      concurrency: 12,
      killEveryMs: 4000,
      freezeMs: 0,
      seed: 3,
      say: () => {},
      ...(store.restart === null ? {} : { restartStore: { times: 1, restart: store.restart } }),
    })
    console.log(`${kind}: ${JSON.stringify(report)}`)
    expect(report).toMatchObject(CALM)
  },
)
