import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { COMMANDS } from '../src/commands/index.ts'
import { parseJson } from '../src/input/parseInput.ts'
import { holdfast, put, repository, start } from './world.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('without a command the help lists every command', async () => {
  const { code, stdout } = await holdfast(folder(), [])
  expect(code).toBe(0)
  for (const { name, summary } of COMMANDS)
    expect(stdout).toMatch(new RegExp(`${name}.*${summary.slice(0, 12)}`))
})

test.each(COMMANDS.map(({ name }) => name))('%s --help has an example that can be typed', async (name) => {
  const { code, stdout } = await holdfast(folder(), [name, '--help'])
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`Example:\n  holdfast ${name}`))
})

test.each([
  ['runs', 'list'],
  ['runs', 'show'],
  ['runs', 'logs'],
  ['runs', 'events'],
  ['workflows', 'list'],
  ['workflows', 'show'],
])('%s %s --help has an example and --json', async (group, name) => {
  const { code, stdout } = await holdfast(folder(), [group, name, '--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('--json')
  expect(stdout).toMatch(new RegExp(`Example:\n  holdfast ${group} ${name}`))
})

test.each([
  [['rum', 'hello'], /unknown command 'rum'.*run/i],
  [['run'], /missing required argument 'workflow'/i],
  [['run', 'a', '--nonsense'], /unknown option '--nonsense'/i],
  [['run', 'a', '--workspace', 'moon'], /worktree/],
  [['run', 'a', '--input', '{'], /--input is no JSON/],
  [['runs', 'list', '--limit', '0'], /--limit is "0"/],
  [['runs', 'list', '--status', 'done'], /"done" is no status/],
])('%j is wrong usage and exits with 2', async (argv, message) => {
  const cwd = folder()
  const { code, stdout, stderr } = await holdfast(cwd, argv)
  expect(stderr).toMatch(message)
  expect(stderr).toContain('[USAGE]')
  expect(stdout).toBe('')
  expect(code).toBe(2)
})

test('with --json an error is also a document on stdout', async () => {
  const { stdout } = await holdfast(folder(), ['run', 'a', '--json', '--input', '{'])
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', docs: 'docs/errors/USAGE.md' } })
})

test('--version is the package version', async () => {
  expect((await holdfast(folder(), ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('JSON is taken as it is, from a file, or from standard input', async () => {
  const cwd = folder()
  put(cwd, 'in.json', '{"a":1}')
  const io = { cwd } as Parameters<typeof parseJson>[0]
  expect(await parseJson(io, '[1]', '--input')).toEqual([1])
  expect(await parseJson(io, '@in.json', '--input')).toEqual({ a: 1 })
  await expect(parseJson(io, '@gone.json', '--input')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  put(cwd, 'bad.json', '{a')
  await expect(parseJson(io, '@bad.json', '--input')).rejects.toThrow(/in bad\.json is no JSON/)
})

test('init makes a workflow and what git should ignore, and tells the next two commands', async () => {
  const cwd = folder()
  const { code, stdout } = await holdfast(cwd, ['init', 'app'])
  expect(code).toBe(0)
  expect(stdout).toBe(
    'Next:\n  git init app && git -C app add -A && git -C app commit -m "Add Holdfast"\n' +
      `  holdfast --project app run hello --input '{"name":"Ada"}'\n`,
  )
  expect(readFileSync(join(cwd, 'app/.agent/workflows/templates/hello.ts'), 'utf8')).toContain(
    'createWorkflow',
  )
  expect(readFileSync(join(cwd, 'app/.gitignore'), 'utf8')).toContain('.agent/holdfast.db*\n')
})

test('init never overwrites, and adds to a .gitignore what is missing', async () => {
  const cwd = folder()
  put(cwd, '.gitignore', 'dist\n.agent/workflows/.cache/')
  put(cwd, '.agent/workflows/templates/hello.ts', 'mine')
  const { stdout } = await holdfast(cwd, ['init', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    created: ['.gitignore'],
    kept: ['.agent/workflows/templates/hello.ts'],
  })
  expect(readFileSync(join(cwd, '.agent/workflows/templates/hello.ts'), 'utf8')).toBe('mine')
  const ignored = readFileSync(join(cwd, '.gitignore'), 'utf8')
  expect(ignored.startsWith('dist\n.agent/workflows/.cache/\n.agent/holdfast.db*\n')).toBe(true)
  await holdfast(cwd, ['init'])
  expect(readFileSync(join(cwd, '.gitignore'), 'utf8')).toBe(ignored)
})

test('[CL1] init writes through no link that leads out of the project', async () => {
  for (const place of ['.agent', '.gitignore']) {
    const cwd = repository()
    const outside = repository({ 'ignore-me': '' })
    symlinkSync(place === '.agent' ? outside : join(outside, 'ignore-me'), join(cwd, place))
    const { code, stderr } = await holdfast(cwd, ['init'])
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /is a link to .*, out of the project; init would write there.*\[PATH_OUTSIDE_PROJECT\]/,
    )
    expect(readdirSync(outside).toSorted()).toEqual(['.git', 'ignore-me'])
    expect(readFileSync(join(outside, 'ignore-me'), 'utf8')).toBe('')
  }
})

test('init where a file is in the way says so', async () => {
  const cwd = folder()
  put(cwd, 'app', 'a file')
  const { code, stderr } = await holdfast(cwd, ['init', 'app'])
  expect(code).toBe(2)
  expect(stderr).toContain('cannot be made')
})

test('the real command prints its version, and knows no command by exit code 2', async () => {
  const cwd = folder()
  expect((await start(cwd, ['--version']).ended).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect((await start(cwd, ['nonsense']).ended).code).toBe(2)
})

test('an old Node.js is told which one is needed, before anything is loaded', () => {
  const bin = new URL('../bin/holdfast.js', import.meta.url)
  const script = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); import(${JSON.stringify(bin.href)})`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(status).toBe(2)
  expect(stderr).toContain('needs Node.js 24')
  expect(stderr).toContain('[NEEDS_NODE_24]')
  // Nothing in it that such a version cannot read.
  expect(readFileSync(bin, 'utf8')).not.toMatch(/^\s*(?:import |export |await )/m)
  execFileSync(process.execPath, ['--check', bin.pathname])
  expect(existsSync(bin)).toBe(true)
})
