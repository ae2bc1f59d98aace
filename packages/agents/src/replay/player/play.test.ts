import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/helpers.ts'
import type { RecordedEvent } from '../recording.ts'
import type { PlayerJob, PlayerMessage } from './messages.ts'
import { play } from './play.ts'
import { appendRecord, readSession, type TurnRecord } from './session.ts'

/** Every edit would leave another result when it happened twice. */
const EVENTS: readonly RecordedEvent[] = [
  { text: 'Beginning.' },
  { write: { path: 'src/a.txt', content: 'hi\n' } },
  { usage: { inputTokens: 10, outputTokens: 2, costUsd: 0.001 } },
  { edit: { path: 'src/a.txt', old: 'hi', new: 'hi hi' } },
  { edit: { path: 'log.txt', old: '.', new: '. once' } },
  { patch: '--- a/log.txt\n+++ b/log.txt\n@@ -1 +1,2 @@\n . once\n+more\n' },
  { delete: { path: 'gone.txt' } },
  { tool: 'Read log.txt' },
  { usage: { inputTokens: 5, outputTokens: 1, costUsd: 0.002 } },
]

async function prepare(events: readonly RecordedEvent[] = EVENTS, job: Partial<PlayerJob> = {}) {
  const folder = await temporaryFolder()
  const cwd = path.join(folder, 'work')
  await mkdir(cwd)
  await writeFile(path.join(cwd, 'log.txt'), '.\n')
  await writeFile(path.join(cwd, 'gone.txt'), 'x')
  const sessionFile = path.join(folder, 's.jsonl')
  const turn: TurnRecord = {
    type: 'turn',
    turn: 1,
    stepId: 'step',
    prompt: 'p',
    model: 'recorded',
    events,
    answer: { text: 'Done.' },
  }
  await appendRecord(sessionFile, turn)
  const whole: PlayerJob = {
    sessionFile,
    sessionId: 'sid',
    cwd,
    timeScale: 0,
    permissionMode: 'edit',
    maxTurns: null,
    ...job,
  }
  return { cwd, job: whole }
}

async function run(job: PlayerJob): Promise<readonly PlayerMessage[]> {
  const said: PlayerMessage[] = []
  await play(job, (message) => void said.push(message))
  return said
}

async function expectDone(cwd: string): Promise<void> {
  expect(await readFile(path.join(cwd, 'src/a.txt'), 'utf8')).toBe('hi hi\n')
  expect(await readFile(path.join(cwd, 'log.txt'), 'utf8')).toBe('. once\nmore\n')
  await expect(readFile(path.join(cwd, 'gone.txt'))).rejects.toThrow(/ENOENT/)
}

const used = (said: readonly PlayerMessage[]) => said.filter(({ type }) => type === 'usage')

test('[AG13] plays texts, edits, usage and the answer in order', async () => {
  const { cwd, job } = await prepare()
  const said = await run(job)
  await expectDone(cwd)
  expect(said.map((message) => ('text' in message ? message.text : message.type))).toEqual([
    'session',
    'Beginning.',
    'write src/a.txt',
    'usage',
    'edit src/a.txt',
    'edit log.txt',
    'patch log.txt',
    'delete gone.txt',
    'Read log.txt',
    'usage',
    'Done.',
  ])
  expect(used(said)).toMatchObject([{ callId: 'sid:1:2' }, { callId: 'sid:1:8' }])
})

test('[AG14] a crash before any message or after it loses nothing and repeats no edit', async () => {
  const calm = await run((await prepare()).job)
  for (let point = 0; point < calm.length; point += 1) {
    const { cwd, job } = await prepare()
    let count = 0
    const dies = play(job, () => {
      if (count === point) throw new Error('crash')
      count += 1
    })
    await expect(dies).rejects.toThrow('crash')
    const said = await run(job)
    await expectDone(cwd)
    expect(used(said)).toEqual(used(calm))
    expect(said.at(-1)).toEqual(calm.at(-1))
  }
})

test('[AG14] a crash before or after any record of the session repeats no edit', async () => {
  const calm = await prepare()
  await run(calm.job)
  const records = (await readSession(calm.job.sessionFile)) ?? []
  const texts = records.map((record) => `\n${JSON.stringify(record)}\n`)
  for (let kept = 1; kept < texts.length; kept += 1) {
    // The files as they are when the record after the kept ones was being written, and with it torn.
    for (const torn of ['', (texts[kept] ?? '').slice(0, 20)]) {
      const { cwd, job } = await prepare()
      const stop = records[kept]
      await untilRecord(job, stop)
      await writeFile(job.sessionFile, texts.slice(0, kept).join('') + torn)
      await run(job)
      await expectDone(cwd)
    }
  }

  /** Plays until this record is written: the edit of an intent has then not happened, that of a `done` has. */
  async function untilRecord(job: PlayerJob, stop: (typeof records)[number] | undefined): Promise<void> {
    const events = stop !== undefined && 'event' in stop ? EVENTS.slice(0, stop.event + 1) : EVENTS
    const before = stop?.type === 'intent' ? events.slice(0, -1) : events
    const turn = records.find((record) => record.type === 'turn')
    if (turn === undefined) throw new Error('no turn')
    await writeFile(job.sessionFile, `${JSON.stringify({ ...turn, events: before })}\n`)
    await run(job)
  }
})

test('[AG15] plan mode writes nothing', async () => {
  const { job } = await prepare([{ write: { path: 'a', content: '' } }], { permissionMode: 'plan' })
  expect((await run(job)).at(-1)).toMatchObject({ type: 'error', code: 'AGENT_RECORDING_INVALID' })
  const shell = await prepare([{ shell: { command: 'true' } }], { permissionMode: 'plan' })
  expect((await run(shell.job)).at(-1)).toMatchObject({ type: 'error', code: 'AGENT_RECORDING_INVALID' })
})

test('[AG15] more model calls than allowed is a limit', async () => {
  const { job } = await prepare(EVENTS, { maxTurns: 1 })
  const said = await run(job)
  expect(used(said)).toHaveLength(1)
  expect(said.at(-1)).toMatchObject({ type: 'error', code: 'AGENT_LIMIT_REACHED' })
})

test('[AG16] a text that is not there, and a link that leaves the folder, are named', async () => {
  const missing = await prepare([{ edit: { path: 'log.txt', old: 'nope', new: '' } }])
  expect((await run(missing.job)).at(-1)).toMatchObject({
    code: 'AGENT_RECORDING_INVALID',
    message: expect.stringContaining('events[0]: The text to replace is not in log.txt'),
  })
  const linked = await prepare([{ write: { path: 'out/x', content: 'no' } }])
  await symlink('/', path.join(linked.cwd, 'out'))
  expect((await run(linked.job)).at(-1)).toMatchObject({ message: expect.stringContaining('through a link') })
})

test('[AG13] shell commands run, and fail the session unless that is allowed', async () => {
  const { cwd, job } = await prepare([
    { shell: { command: 'exit 4', allowFailure: true } },
    { shell: { command: 'echo made > made.txt' } },
    { waitForFile: 'made.txt' },
    { shell: { command: 'echo why >&2; exit 5' } },
  ])
  expect((await run(job)).at(-1)).toMatchObject({
    type: 'error',
    code: 'AGENT_FAILED',
    message: expect.stringMatching(/5: why$/),
  })
  expect(await readFile(path.join(cwd, 'made.txt'), 'utf8')).toBe('made\n')
})
