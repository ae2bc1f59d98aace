import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from '../src/conformance/Bench.ts'
import { catalogue, everythingOf, fill } from '../src/conformance/fill.ts'
import { openStore } from '../src/openStore.ts'
import { copyStore } from '../src/transfer/copyStore.ts'
import { emptyDatabase, urlOf } from './postgres/databases.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-copies-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('[ST84] a copy goes from backend to backend, and is the same at its end', async () => {
  const bench = await Bench.open({
    name: 'SQLite',
    open: (options) => openStore(`sqlite:${join(folder, 'first.db')}`, options),
  })
  const runs = Object.values(await fill(bench))
  const rows = await Promise.all(runs.map(async (id) => await everythingOf(bench.store, id)))
  const beside = await catalogue(bench.store, bench)
  let from = bench.store
  const summaries: unknown[] = []
  const database = urlOf(await emptyDatabase())
  for (const url of [`file:${join(folder, 'files')}`, database, `sqlite:${join(folder, 'last.db')}`]) {
    const to = await openStore(url)
    summaries.push(await copyStore(from, to, { isAlive: () => false }))
    await from.close()
    for (const [index, id] of runs.entries()) expect(await everythingOf(to, id)).toEqual(rows[index])
    expect(await catalogue(to, bench)).toEqual(beside)
    from = to
  }
  expect(summaries).toEqual([summaries[0], summaries[0], summaries[0]])
  await from.close()
})
