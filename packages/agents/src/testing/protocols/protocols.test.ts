import { expect, test } from 'vitest'
import type { ModelStep } from '../script.ts'
import { CHAT } from './chat.ts'
import { GEMINI } from './gemini.ts'
import type { Protocol } from './Protocol.ts'
import { RESPONSES } from './responses.ts'

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

test('[AG17] the Responses API: conversation, tools of Codex as calls with patches or as JavaScript', () => {
  const input = [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: '<cwd>/project</cwd>' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
    { type: 'reasoning' },
    { type: 'custom_tool_call', name: 'exec' },
    { type: 'custom_tool_call_output', output: 'hello' },
    { type: 'additional_tools', tools: [{ type: 'custom', name: 'exec' }] },
  ]
  const asked = RESPONSES.read({ model: 'gpt-6', stream: true, input }, '/v1/responses')
  expect(asked).toMatchObject({ model: 'gpt-6', stream: true, folder: '/project', codeMode: true })
  expect(asked.turns.map(({ role, texts }) => [role, ...texts])).toEqual([
    ['user', '<cwd>/project</cwd>'],
    ['user', 'hello'],
    ['assistant'],
    ['assistant'],
    ['user'],
  ])
  const classic = RESPONSES.read({ input: 'hello', tools: [{ type: 'custom', name: 'apply_patch' }] }, '')
  expect(classic).toMatchObject({ stream: false, codeMode: false, turns: [{ texts: ['hello'] }] })
  expect(RESPONSES.answer(STEP, classic).whole).toMatchObject({
    output: [
      { type: 'reasoning' },
      { type: 'message', content: [{ text: 'A text that is longer' }] },
      {
        type: 'custom_tool_call',
        name: 'apply_patch',
        input: expect.stringContaining('*** Add File: a\n+b\n'),
      },
      { type: 'custom_tool_call', input: expect.stringContaining('*** Update File: a\n@@\n-b\n+c\n') },
      { type: 'function_call', name: 'exec_command', arguments: `{"cmd":"cat '/abs'"}` },
      { type: 'function_call', arguments: '{"cmd":"ls"}' },
      { type: 'function_call', name: 'own', arguments: '{"x":1}' },
    ],
    usage: {
      input_tokens: 16,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 25,
    },
  })
  const { frames } = RESPONSES.answer(STEP, asked)
  const events = frames.map(
    (one) => JSON.parse(one.slice(one.indexOf('data: ') + 6)) as Record<string, never>,
  )
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()])
  const done = events
    .filter(({ type }) => type === 'response.output_item.done')
    .map(({ item }) => item as unknown as { readonly name?: string })
  expect(done.slice(2, 6).map(({ name }) => name)).toEqual(['exec', 'exec', 'exec', 'exec'])
  expect(done[2]).toMatchObject({ input: expect.stringContaining('tools.apply_patch("*** Begin Patch') })
  expect(done[5]).toMatchObject({ input: expect.stringContaining('tools.exec_command({ cmd: "ls" })') })
  expect(events.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { usage: { total_tokens: 25 } },
  })
})

test('[AG17] a path belongs to one API', () => {
  const speaks = (protocol: Protocol, path: string): boolean => protocol.speaks(path)
  expect(speaks(GEMINI, STREAM)).toBe(true)
  expect(speaks(GEMINI, STREAM.replace('streamGenerateContent', 'countTokens'))).toBe(false)
  expect(speaks(CHAT, '/v1/chat/completions')).toBe(true)
  expect(speaks(CHAT, STREAM)).toBe(false)
  expect(speaks(RESPONSES, '/v1/responses')).toBe(true)
  expect(speaks(RESPONSES, '/v1/chat/completions')).toBe(false)
})
