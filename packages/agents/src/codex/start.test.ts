import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { requestFor, temporaryFolder } from '../../test/helpers.ts'
import { codexWith } from '../author/index.ts'
import { codexArguments } from './argv.ts'
import { findCodex } from './check.ts'
import { createCodexAdapter } from './CodexAdapter.ts'
import { describeItem } from './describeItem.ts'
import { codexEnvironment } from './environment.ts'

const basic = {
  permissionMode: 'edit',
  resume: null,
  model: null,
  config: undefined,
  schemaFile: null,
} as const

describe('arguments', () => {
  test('[AG3] the prompt is no argument, and nobody is asked', () => {
    expect(codexArguments(basic)).toEqual([
      'exec',
      '--json',
      '--skip-git-repo-check',
      ...['--disable', 'unbounded_connection_retries'],
      ...['-c', 'check_for_update_on_startup=false'],
      ...['-c', 'sandbox_mode="workspace-write"'],
      ...['-c', 'approval_policy="never"'],
      '-',
    ])
  })

  test('[AG4] every option of the step has its place; entries of the configuration come before ours', () => {
    const config = { 'model_providers.a.base_url': 'http://x/"v1"', retries: 2, list: ['a', true] }
    const all = codexArguments({
      permissionMode: 'full',
      resume: 'the-id',
      model: 'gpt-5.5',
      config,
      schemaFile: '/tmp/s.json',
    })
    expect(all.slice(0, 3)).toEqual(['exec', 'resume', '--json'])
    expect(all.filter((_, at) => all[at - 1] === '-c')).toEqual([
      String.raw`model_providers.a.base_url="http://x/\"v1\""`,
      'retries=2',
      'list=["a",true]',
      'check_for_update_on_startup=false',
      'sandbox_mode="danger-full-access"',
      'approval_policy="never"',
    ])
    expect(all.slice(-6)).toEqual(['--model', 'gpt-5.5', '--output-schema', '/tmp/s.json', 'the-id', '-'])
    expect(codexArguments({ ...basic, permissionMode: 'plan' })).toContain('sandbox_mode="read-only"')
  })
})

test('[AG11] sign-in and the named keys are passed on, marks of other sessions are not, and the step wins', () => {
  const user = {
    PATH: '/bin',
    HOME: '/home/me',
    CODEX_API_KEY: 'key',
    CODEX_SANDBOX: 'x',
    OPENAI_BASE_URL: 'http://else',
    MINE: 'secret',
    OTHER: 'more',
    UNNAMED: 'x',
  }
  const settings = { config: { 'model_providers.a.env_key': 'MINE' }, passOn: ['OTHER'] }
  expect(codexEnvironment(user, settings, { env: { CODEX_API_KEY: 'mine' } })).toEqual({
    PATH: '/bin',
    HOME: '/home/me',
    CODEX_API_KEY: 'mine',
    MINE: 'secret',
    OTHER: 'more',
  })
})

describe('check', () => {
  const check = async (parts: Parameters<typeof requestFor>[1], user = {}) => {
    const folder = await temporaryFolder()
    return createCodexAdapter(user).check(requestFor(folder, { sessionId: null, ...parts }))
  }

  test('[AG1] a program that is not there is AGENT_NOT_INSTALLED and names what was looked for', async () => {
    await expect(check({}, { PATH: '/nowhere' })).rejects.toMatchObject({
      code: 'AGENT_NOT_INSTALLED',
      details: { command: 'codex' },
    })
    await expect(check({}, { HOLDFAST_CODEX_COMMAND: '/no/codex' })).rejects.toMatchObject({
      details: { command: '/no/codex' },
    })
  })

  const agent = (settings: object) => ({ agent: { agent: 'codex', settings: { ...settings } } })
  test.each([
    ['OPTION_UNKNOWN', agent({ speed: 1 })],
    ['OPTION_INVALID', agent({ model: 1 })],
    ['OPTION_INVALID', agent({ config: ['a'] })],
    ['OPTION_INVALID', agent({ config: { 'a b': 1 } })],
    ['OPTION_INVALID', agent({ config: { a: { b: 1 } } })],
    ['OPTION_INVALID', agent({ config: { sandbox_mode: 'danger-full-access' } })],
    ['OPTION_INVALID', agent({ passOn: ['A=1'] })],
    ['OPTION_INVALID', { prompt: '  ' }],
    ['OPTION_INVALID', { model: '--oss' }],
    ['OPTION_INVALID', { resume: true }],
    ['OPTION_INVALID', { resume: true, sessionId: 'not a uuid' }],
    ['OPTION_INVALID', { sessionId: '01a20fea-9660-7f9f-9f56-cac716b813b5' }],
    ['AGENT_CAPABILITY_MISSING', { maxTurns: 3 }],
    ['AGENT_CAPABILITY_MISSING', { allowedTools: ['Bash'] }],
  ] as const)('[AG1] %s for %j', async (code, parts) => {
    await expect(check(parts)).rejects.toMatchObject({ code })
  })

  test('[AG9] the wrapper of npm runs under our Node, so that it becomes the program', async () => {
    const folder = await temporaryFolder()
    const wrapper = path.join(folder, 'codex.js')
    const command = path.join(folder, 'codex')
    await writeFile(wrapper, '#!/usr/bin/env node\n')
    await chmod(wrapper, 0o755)
    await symlink(wrapper, command)
    expect(await findCodex(undefined, '/', { PATH: folder })).toEqual([process.execPath, wrapper])
    await expect(check({ agent: codexWith({ command }) })).resolves.toBeUndefined()
  })
})

test('[AG5] tools have a line each, also those that only their end tells', () => {
  const line = (type: string, fields: object) => describeItem({ id: '1', type, fields: { ...fields } })
  expect(line('command_execution', { command: '/bin/bash -lc "cat a\n b"' })).toBe('Run cat a b')
  expect(line('command_execution', { command: 'x'.repeat(300) })).toHaveLength(200)
  expect(line('file_change', { changes: [{ path: 'a' }, { path: 'b' }] })).toBe('Edit a, b')
  expect(line('mcp_tool_call', { server: 's', tool: 't' })).toBe('Call s.t')
  expect(line('web_search', { query: 'q' })).toBe('Search q')
  expect(line('todo_list', { items: [] })).toBeNull()
})

test('[AG12] tells a program that does not start, a sign-in by file, and a provider of one’s own as unknown', async () => {
  const folder = await temporaryFolder()
  const inspect = (user: Record<string, string>) => createCodexAdapter({ HOME: folder, ...user }).inspect()
  expect(await inspect({ PATH: folder })).toMatchObject({ installed: false, version: null, signedIn: null })
  const file = path.join(folder, 'codex')
  await writeFile(file, '#!/bin/sh\necho broken >&2\nexit 3\n')
  await chmod(file, 0o755)
  expect(await inspect({ PATH: folder })).toMatchObject({
    installed: false,
    signedIn: false,
    detail: expect.stringContaining('broken'),
  })
  await writeFile(file, '#!/bin/sh\necho "codex-cli 9.8.7"\n')
  const home = path.join(folder, '.codex')
  await mkdir(home)
  await writeFile(path.join(home, 'config.toml'), 'model_provider = "mine"\n')
  expect(await inspect({ PATH: folder })).toMatchObject({ version: '9.8.7', signedIn: null })
  await writeFile(path.join(home, 'auth.json'), '{}')
  expect(await inspect({ PATH: folder })).toMatchObject({ installed: true, signedIn: true })
})
