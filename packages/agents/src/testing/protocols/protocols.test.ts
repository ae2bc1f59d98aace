import { expect, test } from 'vitest'
import type { ModelStep } from '../script.ts'
import { CHAT } from './chat.ts'
import { GEMINI } from './gemini.ts'
import type { Protocol } from './Protocol.ts'

const STEP: ModelStep = {
  thinking: 'hm',
  text: 'A text that is longer',
  tools: [
    { write: { path: 'a', content: 'b' } },
    { edit: { path: 'a', old: 'b', new: 'c' } },
    { read: { path: '/abs' } },
    { shell: 'ls' },
    { name: 'own', input: { x: 1 } },
  ],
  usage: { input: 10, output: 9, cacheRead: 4, cacheWrite: 2, reasoning: 3 },
}

const STREAM = '/v1beta/models/gemini-2.5-flash:streamGenerateContent'

const dataOf = (frames: readonly string[]): readonly Record<string, unknown>[] =>
  frames
    .filter((one) => !one.includes('[DONE]'))
    .map((one) => JSON.parse(one.replace(/^data: /, '')) as Record<string, unknown>)

test('[AG17] the Gemini API: conversation, tools of Gemini CLI, counts with the cache in the prompt', () => {
  const parts = [{ text: '**Workspace Directories:**\n  - /project\n' }, { text: 'hello' }]
  const body = {
    contents: [
      { role: 'user', parts },
      { role: 'model', parts: [{ text: 'I' }, { functionCall: {} }] },
      { role: 'user', parts: [{ functionResponse: { response: 'hello' } }] },
    ],
  }
  const asked = GEMINI.read(body, STREAM)
  expect(asked).toMatchObject({ model: 'gemini-2.5-flash', stream: true, folder: '/project' })
  expect(asked.turns.map(({ role, texts }) => [role, texts.at(-1)])).toEqual([
    ['user', 'hello'],
    ['assistant', 'I'],
    ['user', undefined],
  ])
  expect(GEMINI.read(body, STREAM.replace('streamG', 'g')).stream).toBe(false)
  const { frames } = GEMINI.answer(STEP, asked)
  expect(dataOf(frames).at(-1)).toMatchObject({
    candidates: [
      {
        finishReason: 'STOP',
        content: {
          parts: [
            { functionCall: { name: 'write_file', args: { file_path: '/project/a', content: 'b' } } },
            { functionCall: { name: 'replace', args: { old_string: 'b', new_string: 'c' } } },
            { functionCall: { name: 'read_file', args: { file_path: '/abs' } } },
            { functionCall: { name: 'run_shell_command', args: { command: 'ls' } } },
            { functionCall: { name: 'own', args: { x: 1 } } },
          ],
        },
      },
    ],
    usageMetadata: {
      promptTokenCount: 16,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 9,
      thoughtsTokenCount: 3,
      totalTokenCount: 28,
    },
  })
  expect(GEMINI.wrongKey()).toMatchObject({
    status: 400,
    body: { error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } },
  })
})

test('[AG17] the Chat Completions API: conversation, tools of OpenCode, none where none are offered', () => {
  const body = {
    model: 'scripted',
    stream: true,
    tools: [{}],
    messages: [
      { role: 'system', content: 'Working directory: /project\n' },
      { role: 'user', content: [{ type: 'text', text: 'hello' }] },
      { role: 'assistant', content: null },
      { role: 'tool', content: 'hello' },
    ],
  }
  const asked = CHAT.read(body, '/v1/chat/completions')
  expect(asked).toMatchObject({ model: 'scripted', stream: true, folder: '/project', hasTools: true })
  expect(asked.turns).toEqual([
    { role: 'user', texts: ['hello'] },
    { role: 'assistant', texts: [] },
    { role: 'user', texts: [] },
  ])
  const { frames, whole } = CHAT.answer(STEP, asked)
  const calls = dataOf(frames).flatMap(
    ({ choices }) =>
      (choices as readonly { readonly delta: { readonly tool_calls?: readonly unknown[] } }[])[0]?.delta
        .tool_calls ?? [],
  )
  expect(calls).toMatchObject([
    { index: 0, function: { name: 'write', arguments: '{"filePath":"/project/a","content":"b"}' } },
    { index: 1, function: { name: 'edit' } },
    { index: 2, function: { name: 'read', arguments: '{"filePath":"/abs"}' } },
    { index: 3, function: { name: 'bash' } },
    { index: 4, function: { name: 'own', arguments: '{"x":1}' } },
  ])
  expect(whole).toMatchObject({
    choices: [{ finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 16, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 4 } },
  })
  expect(CHAT.answer(STEP, { ...asked, hasTools: false }).whole).toMatchObject({
    choices: [{ finish_reason: 'stop', message: { content: 'A text that is longer' } }],
  })
  expect(CHAT.wrongKey()).toMatchObject({ status: 401, body: { error: { code: 'invalid_api_key' } } })
})

test('[AG17] a path belongs to one API', () => {
  const speaks = (protocol: Protocol, path: string): boolean => protocol.speaks(path)
  expect(speaks(GEMINI, STREAM)).toBe(true)
  expect(speaks(GEMINI, STREAM.replace('streamGenerateContent', 'countTokens'))).toBe(false)
  expect(speaks(CHAT, '/v1/chat/completions')).toBe(true)
  expect(speaks(CHAT, STREAM)).toBe(false)
})
