import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { calledAgain, commandFirst } from '../src/input/commandFirst.ts'
import { invocation, type Started } from '../src/input/invocation.ts'
import { holdfast, repository, withWorkflow } from './world.ts'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-cli-')))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A program in a folder, for PATH. */
function program(path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, 0o755)
  return path
}

function started(more: Partial<Started> = {}): Started {
  return { env: {}, script: '/p/bin/holdfast.js', node: '/opt/node', cwd: '/p', ...more }
}

const npm = (event: string, line: string, more = {}): Started['env'] => ({
  npm_lifecycle_event: event,
  npm_lifecycle_script: line,
  npm_config_local_prefix: '/p',
  ...more,
})

test.each<[string, Partial<Started>, string, string]>([
  ['npx', { env: npm('npx', "'holdfast'") }, 'npx holdfast', '/p'],
  ['npx below its package', { env: npm('npx', "'holdfast'"), cwd: '/p/docs' }, 'npx holdfast', '/p/docs'],
  [
    'npx of a package elsewhere',
    { env: npm('npx', "'holdfast'", { npm_config_local_prefix: '/my hold' }), cwd: '/app' },
    "npx --prefix '/my hold' holdfast",
    '/app',
  ],
  [
    'npx of a package beside',
    { env: npm('npx', 'holdfast', { npm_config_local_prefix: '/src/hold' }), cwd: '/src/app' },
    'npx --prefix ../hold holdfast',
    '/src/app',
  ],
  [
    'a script of npm',
    { env: npm('hf', 'node --conditions=source apps/cli/bin/holdfast.js', { INIT_CWD: '/p/docs' }) },
    'npm run hf --',
    '/p/docs',
  ],
  [
    'a script of npm called from elsewhere',
    { env: npm('hf', 'holdfast', { INIT_CWD: '/app' }) },
    'npm --prefix /p run hf --',
    '/app',
  ],
  ['another script of npm', { env: npm('start', 'holdfast worker') }, '/opt/node bin/holdfast.js', '/p'],
  [
    'another program of npx',
    { env: npm('npx', "'vitest'"), cwd: '/x' },
    '/opt/node /p/bin/holdfast.js',
    '/x',
  ],
  ['a link', { script: '/p/node_modules/.bin/holdfast' }, 'node_modules/.bin/holdfast', '/p'],
  ['a link here', { script: '/p/holdfast' }, './holdfast', '/p'],
])('[CL2] called by %s', (_, how, words, cwd) => {
  expect(invocation(started(how))).toEqual({ words, cwd })
})

test('[CL2] called by name, where the name leads to it', () => {
  const root = folder()
  const script = program(join(root, 'lib/holdfast.js'))
  mkdirSync(join(root, 'bin'))
  symlinkSync(script, join(root, 'bin/holdfast'))
  const node = program(join(root, 'bin/node'))
  const env = { PATH: `/nowhere:${join(root, 'bin')}` }
  expect(invocation({ env, script: join(root, 'bin/holdfast'), node, cwd: '/' }).words).toBe('holdfast')
  // A script of npm has another PATH than the person who called it.
  const inNpm = {
    PATH: join(root, 'node_modules/.bin'),
    ...npm('start', 'node demo.js', { npm_config_local_prefix: root }),
  }
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true })
  symlinkSync(script, join(root, 'node_modules/.bin/holdfast'))
  expect(invocation({ env: inNpm, script, node, cwd: root }).words).toBe('npx holdfast')
  expect(
    invocation({ env: { ...inNpm, npm_config_local_prefix: '/p' }, script, node, cwd: root }).words,
  ).toBe(`${node} lib/holdfast.js`)
  program(join(root, 'other/holdfast'))
  const other = { PATH: `${join(root, 'other')}:${env.PATH}` }
  expect(invocation({ env: other, script, node, cwd: root }).words).toBe('node lib/holdfast.js')
})

test('[CL3] options of every command may stand before its name', async () => {
  expect(commandFirst(['--project', 'a', '--json', 'runs', 'show', 'x'])).toEqual([
    ...['runs', 'show', 'x', '--project', 'a', '--json'],
  ])
  expect(commandFirst(['--project=a', 'answer', 'x', '--', '-1'])).toEqual([
    ...['answer', 'x', '--project=a', '--', '-1'],
  ])
  expect(commandFirst(['--help', '--json'])).toEqual(['--help', '--json'])
  const cwd = repository(withWorkflow('work', 'return 1'))
  const project = ['--project', cwd]
  expect((await holdfast('/', [...project, 'run', 'work'])).stdout).toBe('1\n')
  expect((await holdfast('/', [...project, '--json', 'runs'])).stdout).toContain('"workflow_name": "work"')
  expect((await holdfast('/', [...project])).code).toBe(2)
})

test('[CL2] suggested commands name the project that was named', () => {
  expect(calledAgain('npx holdfast', ['run', 'x'])).toBe('npx holdfast')
  expect(calledAgain('npx holdfast', ['run', 'x', '--project', 'a b'])).toBe("npx holdfast --project 'a b'")
  expect(calledAgain('holdfast', ['run', '--project=../app', 'x'])).toBe('holdfast --project ../app')
  expect(calledAgain('holdfast', ['answer', 'x', '--', '--project'])).toBe('holdfast')
})

test('[CL2] what npx and npm run suggest works when it is pasted', { timeout: 180_000 }, () => {
  const cwd = repository(withWorkflow('gate', "return (await ctx.approve({ title: 'Go on?' })).approved"))
  const beside = folder()
  const sh = (line: string): { code: number | null; stdout: string; stderr: string } => {
    const { npm_lifecycle_event: _, npm_lifecycle_script: _script, ...env } = process.env
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
      cwd: beside,
      encoding: 'utf8',
      env: { ...env, HOLDFAST_STORE: '' },
    })
    return { code: status, stdout, stderr }
  }
  const asked = sh(`npx --prefix ${REPOSITORY} holdfast run gate --exit --project ${cwd}`)
  expect(asked).toMatchObject({ code: 3 })
  const approve = /^ {2}(npx .* approve .*)$/m.exec(asked.stderr)![1]!
  expect(sh(approve).stdout).toMatch(/^Approved: Go on\?/)
  const none = sh(
    `npm --silent --prefix ${REPOSITORY} run holdfast -- runs list --status failed --project ${cwd}`,
  )
  const run = /Start one with: (npm .* run) WORKFLOW$/m.exec(none.stderr)![1]!
  expect(sh(`${run} none`).stderr).toMatch(/Known workflows: gate\./)
})

test('[CL2] what init suggests works when it is pasted', async () => {
  const cwd = folder()
  const { stdout } = await holdfast(cwd, ['init', 'my app'])
  expect(stdout).toBe(
    `Next:\n  git init 'my app' && git -C 'my app' add -A && git -C 'my app' commit -m "Add Holdfast"\n` +
      `  holdfast --project 'my app' run hello --input '{"name":"Ada"}'\n`,
  )
})
