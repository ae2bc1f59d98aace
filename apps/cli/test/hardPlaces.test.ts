import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { put, repository, start, withWorkflow, type Ran } from './world.ts'

/** The real command as a process of its own. */
async function run(cwd: string, argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return await start(cwd, argv, env).ended
}

/** Programs of the system, not of a package. */
const MOUNT = 'mount'
const UNMOUNT = 'umount'

/** Whether this user may mount: tests of full and read-only disks need it. */
const MAY_MOUNT = process.platform === 'linux' && process.getuid?.() === 0 && tryMount()

function tryMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mount-'))
  const mounted = spawnSync(MOUNT, ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0
  if (mounted) execFileSync(UNMOUNT, [folder])
  rmSync(folder, { recursive: true })
  return mounted
}

/** A disk of its own, of so many bytes, in a folder; gone when the test ends. */
function disk(size: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-disk-')))
  execFileSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync(UNMOUNT, ['--lazy', folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** Takes all room that a disk has left, but for so many KiB. */
function fill(folder: string, leaveKiB = 0): string {
  const ballast = join(folder, 'ballast')
  const { bavail, bsize } = JSON.parse(
    execFileSync(process.execPath, ['-p', `JSON.stringify(fs.statfsSync(${JSON.stringify(folder)}))`], {
      encoding: 'utf8',
    }),
  ) as { bavail: number; bsize: number }
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - leaveKiB * 1024))
  return ballast
}

const IGNORE = {
  '.gitignore': '.agent/holdfast.db*\n.agent/workflows/.cache/\n.agent/workflows/executions/\n',
}

test('without a git repository the command says what to do', async () => {
  const cwd = repository(withWorkflow('ok', 'return 1'))
  rmSync(join(cwd, '.git'), { recursive: true })
  const ended = await run(cwd, ['run', 'ok'])
  expect(ended.code).toBe(2)
  expect(ended.stderr).toMatch(
    /is not in a git repository with a work tree\. Run "git init" there.*\[NOT_A_GIT_REPOSITORY\]/,
  )
})

test('a dirty tree is refused by file; it can be allowed, or left out by a worktree that says so', async () => {
  const cwd = repository({
    ...IGNORE,
    ...withWorkflow('look', 'return (await ctx.git.status()).files.map((file) => file.path)'),
    'old.txt': 'old',
  })
  put(cwd, 'new.txt', 'x')
  put(cwd, 'old.txt', 'changed')
  const refused = await run(cwd, ['run', 'look', '--json'])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(
    /uncommitted changes in 2 files: old\.txt, new\.txt\. Commit or stash them, allow them with --allow-dirty.*\[WORKSPACE_DIRTY\]/s,
  )
  expect(JSON.parse(refused.stdout)).toMatchObject({
    error: { code: 'WORKSPACE_DIRTY', details: { files: ['old.txt', 'new.txt'] } },
  })
  expect((await run(cwd, ['runs', 'list', '--json'])).stdout).toBe('[]\n')
  const allowed = await run(cwd, ['run', 'look', '--allow-dirty'])
  expect(JSON.parse(allowed.stdout)).toEqual(['old.txt', 'new.txt'])
  const apart = await run(cwd, ['run', 'look', '--workspace', 'worktree'])
  expect(apart.stdout).toBe('[]\n')
  expect(apart.stderr).toMatch(
    /warn The worktree starts from HEAD and leaves out uncommitted changes in 2 files: old\.txt, new\.txt\./,
  )
  expect(readFileSync(join(cwd, 'old.txt'), 'utf8')).toBe('changed')
})

test('no call leaves the workspace: .., absolute paths and links', async () => {
  const calls: Record<string, string> = {
    read: 'await ctx.files.read(path)',
    write: `await ctx.files.write(path, 'x')`,
    copy: `await ctx.files.copy('in.txt', path)`,
    take: `await ctx.files.copy(path, 'taken.txt')`,
    remove: `await ctx.files.delete(path === 'link' ? 'link/file' : path)`,
    list: 'await ctx.files.list(path)',
    keep: `await ctx.artifact('a', { path, type: 'other' })`,
    cwd: `await ctx.shell('pwd', { cwd: path })`,
    agent: `await ctx.runCli('work', { agent: 'replay', settings: { recording: 'none.json' } }, 'go', { cwd: path })`,
  }
  const body = `const tried: Record<string, string> = {}
  for (const path of ['../outside', ctx.input.outside, 'link', 'link/file', 'a/../../outside']) {
    ${Object.entries(calls)
      .map(
        ([name, call]) =>
          `try { ${call}; tried['${name} ' + path] = 'done' } catch (error: any) { tried['${name} ' + path] = error.code }`,
      )
      .join('\n    ')}
  }
  return tried`
  const outside = repository({ file: 'secret' })
  const cwd = repository({
    ...IGNORE,
    ...withWorkflow('escape', body, 'input: z.object({ outside: z.string() }), retry: { maxAttempts: 1 }'),
    'in.txt': 'in',
  })
  symlinkSync(outside, join(cwd, 'link'))
  execFileSync('git', ['add', '-A'], { cwd })
  execFileSync('git', ['commit', '-q', '-m', 'Link'], { cwd })
  const ended = await run(cwd, ['run', 'escape', '--input', JSON.stringify({ outside })])
  const tried = JSON.parse(ended.stdout) as Record<string, string>
  expect(Object.keys(tried)).toHaveLength(5 * Object.keys(calls).length)
  const through = Object.entries(tried).filter(([, code]) => code !== 'PATH_OUTSIDE_WORKSPACE')
  expect(through).toEqual([])
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('secret')
  expect(readdirSync(outside).toSorted()).toEqual(['.git', 'file'])
})

test('the name of an artifact cannot choose its folder', async () => {
  const cwd = repository({
    ...IGNORE,
    ...withWorkflow(
      'keep',
      `return await ctx.artifact('../../../../evil.txt', { content: 'x', type: 'other' })`,
    ),
  })
  const { storagePath, name } = JSON.parse((await run(cwd, ['run', 'keep'])).stdout) as {
    storagePath: string
    name: string
  }
  expect(name).toBe('../../../../evil.txt')
  expect(storagePath).toMatch(
    /^\.agent\/workflows\/executions\/[0-9a-f-]{36}\/artifacts\/execution\/[^/]*evil\.txt$/,
  )
  expect(readFileSync(join(cwd, storagePath), 'utf8')).toBe('x')
})

test('50 MB of output are cut and marked in bounded memory; a value above 50 MiB is refused', async () => {
  const print = `const { stdout } = await ctx.shell('head -c 50000000 /dev/zero | tr "\\\\\\\\0" a')
  return { length: stdout.length, mark: stdout.replaceAll(/a{3,}/g, '…'), peakMiB: process.resourceUsage().maxRSS / 1024 }`
  const cwd = repository({
    ...IGNORE,
    ...withWorkflow('print', print),
    ...withWorkflow('large', `return await ctx.run('big', () => 'a'.repeat(60 * 1024 * 1024))`),
  })
  const printed = JSON.parse((await run(cwd, ['run', 'print'])).stdout) as {
    length: number
    mark: string
    peakMiB: number
  }
  expect(printed.length).toBeLessThan(2 * 1024 * 1024)
  expect(printed.mark).toMatch(/^….*\d.*…$/s)
  // Holding it all once would be 50 MB more than the process has by itself (about 200).
  expect(printed.peakMiB).toBeLessThan(300)
  const large = await run(cwd, ['run', 'large', '--json'])
  expect(large.code).toBe(1)
  expect(JSON.parse(large.stdout)).toMatchObject({ error: { code: 'STEP_OUTPUT_TOO_LARGE' } })
  expect(large.stderr).toContain('Keep large data in a file and return its path')
})

// File modes do not bind root, who needs a mount for this; others need none.
test.skipIf(process.getuid?.() === 0 && !MAY_MOUNT)(
  'a project that cannot be written is refused before anything runs',
  async () => {
    const cwd = repository({ ...IGNORE, ...withWorkflow('ok', `await ctx.shell('touch ran'); return 1`) })
    await run(cwd, ['run', 'ok', '--allow-dirty'])
    rmSync(join(cwd, 'ran'))
    lock(cwd)
    for (const argv of [['run', 'ok'], ['worker'], ['runs', 'list']]) {
      const ended = await run(cwd, argv)
      expect(ended.code).toBe(1)
      expect(ended.stderr).toMatch(
        /holdfast\.db cannot be written\. Give this user write access.*\[STORE_READ_ONLY\]/,
      )
    }
    const { stderr, stdout } = await run(cwd, ['doctor'])
    expect(stdout + stderr).toContain('STORE_READ_ONLY')
    expect(existsSync(join(cwd, 'ran'))).toBe(false)
  },
)

/** Makes a project read-only: by file modes, or, as they do not bind root, by a mount. */
function lock(cwd: string): void {
  if (process.getuid?.() === 0) {
    execFileSync(MOUNT, ['--bind', cwd, cwd])
    execFileSync(MOUNT, ['-o', 'remount,ro,bind', cwd])
    onTestFinished(() => void execFileSync(UNMOUNT, ['--lazy', cwd]))
    return
  }
  const places = [
    ...readdirSync(join(cwd, '.agent')).map((name) => join(cwd, '.agent', name)),
    join(cwd, '.agent'),
  ]
  for (const place of places) chmodSync(place, 0o555)
  onTestFinished(() => places.toReversed().forEach((place) => chmodSync(place, 0o755)))
}

// Mounting a small disk takes rights that not everybody has.
test.skipIf(!MAY_MOUNT)(
  'a full disk under the store: the run waits, says so, loses nothing and goes on',
  async () => {
    const small = disk('32m')
    const store = { HOLDFAST_STORE: `sqlite:${join(small, 'store.db')}` }
    const body = `const { appendFileSync } = await import('node:fs')
  for (let i = 0; i < 100; i++) await ctx.run('s' + i, () => { appendFileSync('../count', i + '\\n'); return 'x'.repeat(30000) })
  return 'all'`
    const cwd = repository({
      ...IGNORE,
      ...withWorkflow(
        'many',
        body.replace(`'../count'`, `ctx.project.path + '/.agent/workflows/executions/count'`),
      ),
      ...withWorkflow('ok', 'return 1'),
    })
    mkdirSync(join(cwd, '.agent/workflows/executions'), { recursive: true })
    await run(cwd, ['run', 'ok'], store)
    const ballast = fill(small, 1024)
    const running = start(cwd, ['run', 'many'], store)
    await running.saw(
      /warn The run stands still and loses nothing: .*no room left on its disk.*\[STORE_FULL\]/,
    )
    rmSync(ballast)
    expect(await running.ended).toMatchObject({ code: 0, stdout: '"all"\n' })
    const ran = readFileSync(join(cwd, '.agent/workflows/executions/count'), 'utf8')
      .trim()
      .split('\n')
      .map(Number)
    expect(ran).toEqual(Array.from({ length: 100 }, (_, index) => index))
  },
  60_000,
)

// Mounting a small disk takes rights that not everybody has.
test.skipIf(!MAY_MOUNT)(
  'a full disk under the project: a new command, an artifact and a file fail with the reason',
  async () => {
    const small = disk('24m')
    const cwd = join(small, 'project')
    const made = repository({
      ...IGNORE,
      ...withWorkflow(
        'keep',
        `return await ctx.artifact('big', { content: 'x'.repeat(8e6), type: 'other' })`,
      ),
      ...withWorkflow('write', `await ctx.files.write('big', 'x'.repeat(8e6))`),
      ...withWorkflow('ok', 'return 1'),
    })
    execFileSync('cp', ['-r', made, cwd])
    for (const name of ['ok', 'keep']) expect((await run(cwd, ['run', name])).code).toBe(0)
    const ballast = fill(small, 5 * 1024)
    const artifact = await run(cwd, ['run', 'keep'])
    expect(artifact.code).toBe(1)
    expect(artifact.stderr).toMatch(/Artifact "big" cannot be kept: .*\[FILE_OPERATION_FAILED\]/)
    const file = await run(cwd, ['run', 'write'])
    expect(file.code).toBe(1)
    expect(file.stderr).toMatch(/Cannot write "big": the disk is full\. Free some space and try again/)
    expect(existsSync(join(cwd, 'big'))).toBe(false)
    rmSync(ballast)
    fill(small)
    const none = await run(cwd, ['run', 'ok'])
    expect(none.code).toBe(1)
    expect(none.stderr).toMatch(/no room left on its disk. Free some space and try again\. \[STORE_FULL\]/)
    rmSync(ballast)
    expect(await run(cwd, ['run', 'ok'])).toMatchObject({ code: 0, stdout: '1\n' })
  },
  60_000,
)
