import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { requestFor, temporaryFolder } from '../../test/helpers.ts'
import { claudeWith } from '../author/index.ts'
import { claudeArguments } from './argv.ts'
import { createClaudeAdapter } from './ClaudeAdapter.ts'
import { claudeEnvironment } from './environment.ts'

const basic = {
  permissionMode: 'edit',
  allowedTools: [],
  maxTurns: null,
  outputSchema: null,
  resume: false,
  sessionId: 'the-id',
  model: null,
} as const

describe('arguments', () => {
  test('[AG3] the prompt is no argument, and the session id is preset or resumed', () => {
    const start = claudeArguments(basic)
    expect(start).toEqual([
      '-p',
      '--output-format',
      'stream-json',
      '--verbose',
      '--include-partial-messages',
      '--permission-mode',
      'acceptEdits',
      '--session-id',
      'the-id',
    ])
    expect(claudeArguments({ ...basic, resume: true })).toEqual([...start.slice(0, -2), '--resume', 'the-id'])
  })

  test('[AG4] every option of the step has its flag, and allowed tools come last', () => {
    const all = claudeArguments({
      ...basic,
      permissionMode: 'full',
      model: 'opus',
      maxTurns: 4,
      outputSchema: { type: 'object' },
      allowedTools: ['Bash(git *)', 'Edit'],
    })
    expect(all.slice(6)).toEqual([
      'bypassPermissions',
      '--session-id',
      'the-id',
      '--model',
      'opus',
      '--max-turns',
      '4',
      '--json-schema',
      '{"type":"object"}',
      '--allowedTools',
      'Bash(git *)',
      'Edit',
    ])
    expect(claudeArguments({ ...basic, permissionMode: 'plan' })).toContain('plan')
  })
})

describe('environment', () => {
  const user = {
    PATH: '/bin',
    HOME: '/home/me',
    ANTHROPIC_API_KEY: 'key',
    CLAUDE_CONFIG_DIR: '/config',
    CLAUDECODE: '1',
    CLAUDE_CODE_ENTRYPOINT: 'cli',
    SECRET_OF_MINE: 'x',
  }

  test('[AG11] the sign-in is passed on, marks of other sessions and unrelated variables are not', () => {
    expect(claudeEnvironment(user, { env: {}, permissionMode: 'edit' })).toEqual({
      PATH: '/bin',
      HOME: '/home/me',
      ANTHROPIC_API_KEY: 'key',
      CLAUDE_CONFIG_DIR: '/config',
      DISABLE_AUTOUPDATER: '1',
    })
  })

  test('[AG11] what the step sets wins', () => {
    const env = claudeEnvironment(user, {
      env: { ANTHROPIC_API_KEY: 'mine', MORE: '1' },
      permissionMode: 'edit',
    })
    expect(env).toMatchObject({ ANTHROPIC_API_KEY: 'mine', MORE: '1' })
  })

  test.each([
    ['full', true, '1'],
    ['full', false, undefined],
    ['edit', true, undefined],
  ] as const)('[AG4] IS_SANDBOX with %s, as root: %s', (permissionMode, asRoot, expected) => {
    expect(claudeEnvironment(user, { env: {}, permissionMode }, asRoot)['IS_SANDBOX']).toBe(expected)
  })
})

describe('check', () => {
  const check = async (parts: Parameters<typeof requestFor>[1], user = {}) => {
    const folder = await temporaryFolder()
    return createClaudeAdapter(user).check(requestFor(folder, parts))
  }

  test('[AG1] a program that is not there is AGENT_NOT_INSTALLED and names what was looked for', async () => {
    await expect(check({}, { PATH: '/nowhere' })).rejects.toMatchObject({
      code: 'AGENT_NOT_INSTALLED',
      details: { command: 'claude' },
    })
    await expect(check({}, { HOLDFAST_CLAUDE_COMMAND: '/no/claude' })).rejects.toMatchObject({
      details: { command: '/no/claude' },
    })
    await expect(check({ agent: claudeWith({ command: './mine' }) })).rejects.toMatchObject({
      details: { command: './mine' },
    })
  })

  test.each([
    ['OPTION_UNKNOWN', { agent: { agent: 'claude', settings: { speed: 1 } } }],
    ['OPTION_INVALID', { agent: { agent: 'claude', settings: { model: 1 } } }],
    ['OPTION_INVALID', { prompt: '  ' }],
    ['OPTION_INVALID', { resume: true, sessionId: null }],
    ['OPTION_INVALID', { sessionId: 'not a uuid' }],
    ['OPTION_INVALID', { allowedTools: ['--dangerously-skip-permissions'] }],
    ['OPTION_INVALID', { maxTurns: 0 }],
  ] as const)('[AG1] %s for %j', async (code, parts) => {
    await expect(check(parts)).rejects.toMatchObject({ code })
  })
})

describe('inspect', () => {
  test('[AG12] tells a missing program, one that does not start, and a sign-in by file', async () => {
    const folder = await temporaryFolder()
    const inspect = (user: Record<string, string>) => createClaudeAdapter({ HOME: folder, ...user }).inspect()
    expect(await inspect({ PATH: folder })).toMatchObject({ installed: false, version: null })

    const file = path.join(folder, 'claude')
    await writeFile(file, '#!/bin/sh\necho broken >&2\nexit 3\n')
    await chmod(file, 0o755)
    const broken = await inspect({ PATH: folder })
    expect(broken).toMatchObject({
      installed: false,
      version: null,
      detail: expect.stringContaining('broken'),
    })
    if (process.platform !== 'darwin') expect(broken.signedIn).toBe(false)

    await mkdir(path.join(folder, '.claude'))
    await writeFile(path.join(folder, '.claude', '.credentials.json'), '{}')
    await writeFile(file, '#!/bin/sh\necho "9.8.7 (Claude Code)"\n')
    expect(await inspect({ HOLDFAST_CLAUDE_COMMAND: file })).toMatchObject({
      installed: true,
      version: '9.8.7',
      signedIn: true,
    })
  })
})
