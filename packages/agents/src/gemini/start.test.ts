import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { requestFor, temporaryFolder } from '../../test/helpers.ts'
import { geminiWith } from '../author/index.ts'
import { geminiArguments } from './argv.ts'
import { geminiEnvironment } from './environment.ts'
import { createGeminiAdapter } from './GeminiAdapter.ts'
import { readStoredCalls } from './sessionFile.ts'

const basic = {
  permissionMode: 'edit',
  allowedTools: [],
  resume: false,
  sessionId: 'the-id',
  model: null,
} as const

describe('arguments', () => {
  test('[AG3] the prompt is no argument, and the session id is preset or resumed', () => {
    const start = geminiArguments(basic)
    expect(start.slice(-2)).toEqual(['--prompt', ''])
    expect(start).toContain('--session-id')
    const resumed = geminiArguments({ ...basic, resume: true })
    expect(resumed[resumed.indexOf('--resume') + 1]).toBe('the-id')
    expect(resumed).not.toContain('--session-id')
  })

  test('[AG4] modes, model and allowed tools have their flags', () => {
    const line = (parts: object): string => geminiArguments({ ...basic, ...parts }).join(' ')
    expect(line({})).toContain('--approval-mode auto_edit')
    expect(line({ permissionMode: 'plan' })).toContain('--approval-mode plan')
    expect(line({ permissionMode: 'full', model: 'pro' })).toMatch(/--approval-mode yolo .*--model pro/)
    expect(line({ allowedTools: ['a', 'b(c)'] })).toContain('--allowed-tools a --allowed-tools b(c)')
  })
})

test('[AG11] the environment is clean, but for the list and the variables of the step', () => {
  const user = { PATH: '/bin', GEMINI_API_KEY: 'k', GEMINI_SANDBOX: 'docker', GOOGLE_CLOUD_PROJECT: 'p' }
  expect(geminiEnvironment(user, { env: { GOOGLE_CLOUD_PROJECT: 'mine' } })).toEqual({
    PATH: '/bin',
    GEMINI_API_KEY: 'k',
    GOOGLE_CLOUD_PROJECT: 'mine',
    GEMINI_CLI_NO_RELAUNCH: 'true',
  })
})

describe('check', () => {
  const adapter = createGeminiAdapter({ PATH: '' })
  test.each([
    [{ agent: geminiWith({ modle: 'x' } as object) }, 'OPTION_UNKNOWN'],
    [{ agent: geminiWith({ model: '' }) }, 'OPTION_INVALID'],
    [{ resume: true, sessionId: null }, 'OPTION_INVALID'],
    [{ sessionId: 'latest' }, 'OPTION_INVALID'],
    [{ prompt: ' ' }, 'OPTION_INVALID'],
    [{ allowedTools: ['--yolo'] }, 'OPTION_INVALID'],
    [{ maxTurns: 3 }, 'AGENT_CAPABILITY_MISSING'],
    [{}, 'AGENT_NOT_INSTALLED'],
  ])('[AG1] %o is %s', async (parts, code) => {
    const request = requestFor('/', { agent: geminiWith({}), ...parts })
    await expect(adapter.check(request)).rejects.toMatchObject({ code })
  })
})

test('[AG10] calls are read from the files of the session and its sub-agents, each once, from a time on', async () => {
  const folder = await temporaryFolder()
  const id = '12345678-1111-4222-8333-444444444444'
  const chats = path.join(folder, 'tmp', 'project', 'chats')
  await mkdir(path.join(chats, id), { recursive: true })
  const call = (name: string, timestamp: string) => ({
    ...{ id: name, type: 'gemini', timestamp, model: 'm' },
    tokens: { input: 10, cached: 4, output: 2, thoughts: 1 },
  })
  const lines = (...of: object[]): string => of.map((one) => `${JSON.stringify(one)}\n`).join('')
  const early = '2026-01-01T00:00:00.000Z'
  const late = '2026-01-02T00:00:00.000Z'
  const main = lines({ sessionId: id }, call('old', early), call('a', late), { type: 'user', id: 'u' })
  await writeFile(path.join(chats, 'session-x-12345678.jsonl'), `${main}${lines(call('a', late))}{"torn`)
  await writeFile(
    path.join(chats, 'session-y-12345678.jsonl'),
    lines({ sessionId: 'else' }, call('no', late)),
  )
  await writeFile(path.join(chats, id, 'sub.jsonl'), lines(call('b', late)))
  const calls = await readStoredCalls(folder, id, Date.parse(late))
  expect(calls.map((of) => of.id)).toEqual(['a', 'b'])
  expect(calls[0]).toEqual({
    id: 'a',
    model: 'm',
    tokens: { input: 10, cached: 4, output: 2, thoughts: 1, tool: 0 },
  })
  expect(await readStoredCalls(path.join(folder, 'none'), id, 0)).toEqual([])
})
