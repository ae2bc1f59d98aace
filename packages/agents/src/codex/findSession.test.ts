import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/helpers.ts'
import { unfinishedSince } from '../programs/unfinishedSince.ts'
import { createCodexAdapter } from './CodexAdapter.ts'

const AT = Date.parse('2026-11-24T20:00:00.000Z')
const note = (event: string, atMs: number, more = ''): string =>
  `{"type":"holdfast","event":"${event}","at":"${new Date(atMs).toISOString()}"${more}}`
const STARTED = note('started', AT, ',"sessionId":null,"resumed":false')
/** An id as Codex makes them, that begins with its time. */
const idAt = (ms: number): string => {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}

async function find(transcript: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const home = await temporaryFolder()
  const transcriptPath = path.join(home, 'transcript.jsonl')
  await writeFile(transcriptPath, transcript.map((line) => `${line}\n`).join(''))
  const folder = path.join(home, '.codex', 'sessions', '2026', '11', '24')
  await mkdir(folder, { recursive: true })
  for (const [id, cwd] of Object.entries(files)) {
    const meta = JSON.stringify({ type: 'session_meta', payload: { id, cwd } })
    await writeFile(path.join(folder, `rollout-2026-11-24T20-00-00-${id}.jsonl`), `${meta}\n{}\n`)
  }
  const adapter = createCodexAdapter({ HOME: home })
  return adapter.findSession?.({ agent: { agent: 'codex' }, cwd: '/project/a', env: {}, transcriptPath })
}

describe('a session whose id its worker did not come to write down', () => {
  test('[AG40] stands in the transcript', async () => {
    expect(await find([STARTED, '{"type":"thread.started","thread_id":"t1"}', '{"type":"turn.sta'])).toBe(
      't1',
    )
  })

  test('[AG40] is the only one that began in the folder since the start', async () => {
    const [before, after, other] = [idAt(AT - 1), idAt(AT + 5), idAt(AT + 9)]
    expect(
      await find([STARTED], { [before]: '/project/a', [after]: '/project/a', [other]: '/project/b' }),
    ).toBe(after)
    expect(await find([STARTED], { [after]: '/project/a', [other]: '/project/a' })).toBeNull()
  })

  test('[AG40] is none where the last start has its end, or there was none', async () => {
    const begun = [STARTED, '{"type":"thread.started","thread_id":"t1"}']
    expect(await find([...begun, note('ended', AT + 1)], { [idAt(AT + 5)]: '/project/a' })).toBeNull()
    expect(await find([])).toBeNull()
  })

  test('[AG10] what it used counts from the start that has no id', async () => {
    const file = path.join(await temporaryFolder(), 'transcript.jsonl')
    await writeFile(file, `${STARTED}\n`)
    expect(await unfinishedSince(file, 't1')).toBe(AT)
    await writeFile(file, `${STARTED}\n${note('ended', AT + 1)}\n`)
    expect(await unfinishedSince(file, 't1')).toBeNull()
  })
})
