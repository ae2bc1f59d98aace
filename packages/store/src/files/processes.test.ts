import { readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { OutsideEvent } from '@holdfast/workflow-sdk/journal'
import { answered, completed, received, requested, started } from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import type { StoreChange } from '../contract/index.ts'
import { openFileStore, type FileStoreOptions } from './openFileStore.ts'
import { fileBench, scriptHead, startScript, temporaryFolder } from './testing/lab.ts'

const message = (text: string): Extract<OutsideEvent, { type: 'message.added' }> => ({
  type: 'message.added',
  payload: { sessionId: null, role: 'user', text, messageType: 'note', by: null },
})

async function other(path: string, more: Partial<FileStoreOptions> = {}) {
  return await openFileStore({ path, pollIntervalMs: 20, ...more })
}

const filesIn = (folder: string, ...names: string[]): string[] => {
  try {
    return readdirSync(join(folder, ...names))
  } catch {
    return []
  }
}

describe('processes', () => {
  test('[FS1] what was answered is there after kill -9', async () => {
    const folder = temporaryFolder()
    const child = startScript(`${scriptHead(folder)}
      const bench = await benchAt()
      const run = await bench.startRun({ id: 'run' })
      for (let i = 1; ; i++) {
        const { last } = await bench.append(run, started('s' + i, i), completed('s' + i))
        console.log(last)
      }`)
    let last = 0
    while (last < 100) last = Number(await child.line())
    child.process.kill('SIGKILL')
    for (const line of await child.rest()) last = Math.max(last, Number(line))
    const store = await other(folder)
    const events = await store.listWorkflowEvents({ runId: 'run' })
    expect(events.length).toBeGreaterThanOrEqual(last)
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1))
    expect(await store.listWorkflowSteps('run')).toHaveLength((events.length - 2) / 2)
    // The lock of the dead one holds nobody up.
    expect(await store.appendFromOutside('run', received('e'))).toMatchObject({ first: events.length + 1 })
    await store.close()
  })

  test('[FS5] of several that write at once one holds the store, and each write is made once, whoever is killed', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const run = await bench.startRun()
    await bench.store.close()
    const scripts = Array.from({ length: 4 }, (_, i) =>
      startScript(`${scriptHead(folder)}
        const store = await open()
        console.log('ready')
        await new Promise((resolve) => process.stdin.once('data', resolve))
        for (let n = 0; n < 25; n++) {
          const payload = { sessionId: null, role: 'user', text: '${i}-' + n, messageType: 'note', by: null }
          await store.appendFromOutside('${run.id}', { type: 'message.added', payload })
          console.log('${i}-' + n)
        }
        await store.close()
        process.exit(0)`),
    )
    for (const script of scripts) expect(await script.line()).toBe('ready')
    for (const script of scripts) script.process.stdin?.write('go\n')
    // The first to have been answered five times is killed: the holder, most likely.
    const said: string[] = []
    const first = await Promise.any(
      scripts.map(async (script) => {
        for (let n = 0; n < 5; n++) said.push((await script.line()) ?? '')
        return script
      }),
    )
    first.process.kill('SIGKILL')
    for (const script of scripts) said.push(...(await script.rest()))
    const store = await other(folder)
    const texts = (await store.listMessages({ runId: run.id })).map(({ text_content: text }) => text)
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts).toEqual(expect.arrayContaining(said.filter((text) => text !== '')))
    // All but the killed one were answered everything; of that one at most one write is unknown to us.
    expect(said.filter((text) => text !== '').length).toBeGreaterThanOrEqual(75)
    expect(texts.length - new Set(said.filter((text) => text !== '')).size).toBeLessThanOrEqual(1)
    const events = await store.listWorkflowEvents({ runId: run.id })
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1))
    await store.close()
  })

  test('[FS5] a holder that cannot be seen keeps the store while it shows that it lives, and writes nothing after it lost it', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const run = await bench.startRun()
    await bench.append(run, requested('q'))
    const lookAt = () => 'unknown' as const
    const patient = await other(folder, { lookAt, requestTimeoutMs: 20_000 })
    expect(await patient.appendFromOutside(run.id, received('one'))).toMatchObject({ first: 4 })
    expect(filesIn(folder, '.holdfast', 'lock')).toEqual(['1'])
    const lock = join(folder, '.holdfast', 'lock', '1')
    utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
    expect(await patient.appendFromOutside(run.id, received('two'))).toMatchObject({ first: 5 })
    expect(filesIn(folder, '.holdfast', 'lock')).toEqual(['2'])
    const late = await refusal(bench.append(run, started('a', 1)), 'STORE_LOCKED')
    expect(late.message).toContain('took it over')
    // From then on it is one of the others.
    expect(await bench.append(run, started('a', 1))).toMatchObject({ first: 6 })
    expect((await patient.listWorkflowEvents({ runId: run.id })).at(-1)?.type).toBe('step.started')
    await patient.close()
  })

  test('[FS6] what a second process says is answered as by the holder itself', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const run = await bench.startRun()
    await bench.append(run, requested('deploy'))
    await bench.park(run)
    const second = await other(folder)
    const receipt = await second.appendFromOutside(run.id, answered('deploy'))
    expect(receipt).toEqual({ runId: run.id, first: 5, last: 5, timestamp: bench.now })
    expect((await bench.claim()).map((claim) => claim.run.id)).toEqual([run.id])
    const late = answered('deploy', { approved: false, by: 'bob' })
    const error = await refusal(second.appendFromOutside(run.id, late), 'ALREADY_ANSWERED')
    expect(error.details).toMatchObject({ by: 'ada' })
    await refusal(second.appendFromOutside('nobody', received('e')), 'RUN_NOT_FOUND')
    await refusal(second.createWorkflowEvent(run.id, started('a', 1)), 'EVENT_NOT_ALLOWED')
    // It may execute, too.
    const wanted = bench.newRun({ id: 'theirs', claim: { workerId: bench.workerId, cause: 'start' } })
    const { claimed } = await second.createWorkflowRun(wanted)
    const append = { runId: 'theirs', ownerToken: claimed?.ownerToken ?? '', appendId: 'x' }
    const receipts = [1, 2].map(() => second.appendAsOwner({ ...append, events: [started('a', 1)] }))
    expect(await Promise.all(receipts)).toEqual([await receipts[0], await receipts[0]])
    expect(await second.listWorkflowSteps('theirs')).toHaveLength(1)
    for (const place of [['inbox'], ['answers']]) expect(filesIn(folder, '.holdfast', ...place)).toEqual([])
    expect(filesIn(folder, run.id, 'inbox')).toEqual([])
    await second.close()
  })

  test('[FS6] a write is made once when the holder dies over it, at whatever point', async () => {
    for (let at = 0, isDead = true; isDead; at++) {
      const folder = temporaryFolder()
      let left = Number.POSITIVE_INFINITY
      const bench = await fileBench(folder, {
        beforeWrite: () => {
          if (--left < 0) throw new Error('This process is dead.')
        },
      })
      const run = await bench.startRun()
      left = at
      const second = await other(folder, { lookAt: () => (left < 0 ? 'dead' : 'alive') })
      expect(await second.appendFromOutside(run.id, message('hello'))).toMatchObject({ first: 3 })
      expect((await second.listMessages({ runId: run.id })).map((one) => one.text_content)).toEqual(['hello'])
      await second.appendFromOutside(run.id, message('again'))
      expect(await second.listMessages({ runId: run.id })).toHaveLength(2)
      isDead = left < 0
      expect([at, isDead]).not.toEqual([0, false])
      await second.close()
    }
  })

  test('[FS6] when the holder lets go, whoever waits takes the store', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const run = await bench.startRun()
    const [second, third] = [await other(folder), await other(folder)]
    const writes = [second, third].map((store, i) => store.appendFromOutside(run.id, message(`${i}`)))
    await bench.store.close()
    const firsts = (await Promise.all(writes)).map(({ first }) => first)
    expect(firsts.toSorted()).toEqual([3, 4])
    await second.close()
    expect(await third.appendFromOutside(run.id, message('more'))).toMatchObject({ first: 5 })
    await third.close()
  })

  test('[FS7] a holder that lives but does not look', async () => {
    const folder = temporaryFolder()
    const child = startScript(`${scriptHead(folder)}
      const bench = await benchAt()
      await bench.startRun({ id: 'run' })
      console.log('holds')
      setInterval(() => {}, 1000)`)
    expect(await child.line()).toBe('holds')
    child.process.kill('SIGSTOP')
    const store = await other(folder, { requestTimeoutMs: 100 })
    const error = await refusal(store.appendFromOutside('run', message('lost')), 'STORE_LOCKED')
    expect(error.details).toMatchObject({ pid: child.process.pid })
    expect(error.message).toContain(`process ${child.process.pid}`)
    expect((await store.listWorkflowRuns()).total).toBe(1)
    child.process.kill('SIGCONT')
    expect(await store.appendFromOutside('run', message('kept'))).toMatchObject({ first: 3 })
    expect((await store.listMessages({ runId: 'run' })).map((one) => one.text_content)).toEqual(['kept'])
    // Nor does the next holder find anything of it.
    child.process.kill('SIGKILL')
    await child.rest()
    await store.appendFromOutside('run', message('after'))
    const texts = (await store.listMessages({ runId: 'run' })).map((one) => one.text_content)
    expect(texts).toEqual(['kept', 'after'])
    await store.close()
  })

  test('[FS8] a commit of another process is noticed, and what was read is read again', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const run = await bench.startRun()
    const second = await other(folder)
    const look = async () => ({
      last: await second.lastSequence(run.id),
      steps: (await second.listWorkflowSteps(run.id)).map(({ status }) => status),
      runs: (await second.listWorkflowRuns()).items.map(({ status }) => status),
    })
    expect(await look()).toEqual({ last: 2, steps: [], runs: ['running'] })
    const heard = Promise.withResolvers<StoreChange>()
    const unwatch = second.watch(heard.resolve)
    await bench.append(run, started('a', 1))
    expect(await heard.promise).toEqual({ runId: null, sequence: 0 })
    expect(await look()).toEqual({ last: 3, steps: ['running'], runs: ['running'] })
    await bench.append(run, completed('a'))
    expect(await look()).toEqual({ last: 4, steps: ['completed'], runs: ['running'] })
    await bench.park(run)
    expect(await look()).toEqual({ last: 5, steps: ['completed'], runs: ['waiting'] })
    unwatch()
    await second.close()
  })

  test('[FS8] a heartbeat goes on while the main thread is blocked', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 10 })
    const reader = startScript(`${scriptHead(folder)}
      const store = await open()
      const seen = new Set()
      while (seen.size < 4) {
        for (const { renewed_at } of await store.listWorkers()) seen.add(renewed_at)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      console.log('four')
      process.exit(0)`)
    const said = reader.line()
    // Nothing of this thread's event loop runs in here, but for the moments in which the reader is heard.
    let isOver = false
    void said.then(() => (isOver = true))
    while (!isOver) {
      const until = performance.now() + 300
      while (performance.now() < until);
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await said).toBe('four')
    await heartbeat.stop()
  })
})
