import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfast, put, repository, withWorkflow } from './world.ts'

interface Document {
  readonly id: string
  readonly status: string
  readonly output: unknown
  readonly [field: string]: unknown
}

async function json<T = Document>(cwd: string, ...argv: string[]): Promise<T> {
  const { stdout } = await holdfast(cwd, [...argv, '--json'])
  return JSON.parse(stdout) as T
}

test('init, then run: what a newcomer types', async () => {
  const cwd = repository()
  await holdfast(cwd, ['init'])
  const { code, stdout, stderr } = await holdfast(cwd, [
    'run',
    'hello',
    '--input',
    '{"name":"Ada"}',
    '--allow-dirty',
  ])
  expect(stderr).toContain('step greet completed')
  expect(stderr).toContain('comment: Hello, Ada!')
  expect(JSON.parse(stdout)).toEqual({ greeting: 'Hello, Ada!', lastCommit: 'Begin' })
  expect(code).toBe(0)
})

test('run --json prints the finished run as one document', async () => {
  const cwd = repository(
    withWorkflow(
      'work',
      "await ctx.run('one', () => 1); await ctx.comment('hm'); await ctx.artifact('a.txt', { content: 'x' }); return 2",
    ),
  )
  const run = await json(cwd, 'run', 'work')
  expect(run).toMatchObject({
    workflow_name: 'work',
    status: 'completed',
    output: 2,
    waiting_for: null,
    comments: [{ message: 'hm' }],
    artifacts: [{ name: 'a.txt' }],
    git: { branch: 'main', added: 0, removed: 0, files: [] },
    usage: {
      input_tokens: 0,
      output_tokens: 0,
      cached_read_tokens: 0,
      cached_write_tokens: 0,
      total_tokens: 0,
    },
    workspace: { kind: 'project', persistent: true },
  })
  expect(run).toHaveProperty('current_step.status', 'completed')
  expect(run).toHaveProperty('task_input')
  expect(await json(cwd, 'runs', 'show', run.id)).toEqual(run)
})

test('a failed run exits with 1 and says why; its document has the error', async () => {
  const cwd = repository(
    withWorkflow(
      'fail',
      "await ctx.run('boom', () => { throw new Error('no luck') }, { retry: { maxAttempts: 1 } })",
    ),
  )
  const { code, stderr } = await holdfast(cwd, ['run', 'fail'])
  expect(code).toBe(1)
  expect(stderr).toContain('step boom failed: no luck')
  expect(await json(cwd, 'runs', 'show', 'latest')).toMatchObject({
    status: 'failed',
    error: { message: 'no luck' },
  })
})

test('an unknown workflow lists the known ones and the nearest; nothing is started', async () => {
  const cwd = repository({ ...withWorkflow('deliver', 'return 1'), ...withWorkflow('review', 'return 1') })
  const { code, stderr } = await holdfast(cwd, ['run', 'delivr'])
  expect(code).toBe(2)
  expect(stderr).toContain('Did you mean "deliver"? Known workflows: deliver, review.')
  expect(await json<unknown[]>(cwd, 'runs', 'list')).toEqual([])
})

test('input that does not fit names every field', async () => {
  const cwd = repository(
    withWorkflow('typed', 'return ctx.input', 'input: z.object({ a: z.string(), b: z.number() })'),
  )
  const { code, stderr } = await holdfast(cwd, ['run', 'typed', '--input', '{"b":"x"}'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/a: .*; b: .*\[INPUT_INVALID\]/)
  expect(await json(cwd, 'run', 'typed', '--input', '@in.json').catch(() => null)).toMatchObject({
    error: { code: 'FILE_NOT_FOUND' },
  })
  const { stdout } = await holdfast(cwd, ['run', 'typed', '--input', '@-'], { stdin: '{"a":"x","b":1}' })
  expect(JSON.parse(stdout)).toEqual({ a: 'x', b: 1 })
})

test('broken templates are named and the others still run', async () => {
  const cwd = repository({
    ...withWorkflow('good', 'return 1'),
    '.agent/workflows/templates/bad.ts': 'const = 1\n',
  })
  expect((await holdfast(cwd, ['run', 'good'])).code).toBe(0)
  const { stdout, stderr } = await holdfast(cwd, ['workflows', 'list'])
  expect(stdout).toContain('good')
  expect(stderr).toContain('.agent/workflows/templates/bad.ts:1:')
  expect((await holdfast(cwd, ['run', 'bad'])).stderr).toContain('bad.ts:1 does not load')
})

test('uncommitted changes are refused by name, unless they are allowed', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  put(cwd, 'changed.txt', 'x')
  const refused = await holdfast(cwd, ['run', 'work'])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/changed\.txt.*\[WORKSPACE_DIRTY\]/)
  expect((await holdfast(cwd, ['run', 'work', '--allow-dirty'])).code).toBe(0)
  expect((await holdfast(cwd, ['run', 'work', '--workspace', 'worktree'])).code).toBe(0)
})

test('a run that only a person can go on with leaves with 3 and says the commands; they work', async () => {
  const cwd = repository(
    withWorkflow(
      'gate',
      "const a = await ctx.approve({ title: 'Ship it?' }); return { ...a, name: await ctx.ask({ title: 'Its name?' }) }",
    ),
  )
  const asked = await holdfast(cwd, ['run', 'gate'])
  expect(asked.code).toBe(3)
  const command = /holdfast approve (\S+)/.exec(asked.stderr)
  expect(command).not.toBeNull()
  expect(asked.stderr).toContain('then: holdfast resume')
  const waiting = await json(cwd, 'runs', 'show', 'latest')
  expect(waiting).toMatchObject({
    status: 'waiting',
    waiting_for: { reason: 'approval' },
    approvals: [{ status: 'open' }],
  })

  const approved = await holdfast(cwd, ['approve', command![1]!, '--comment', 'fine', '--by', 'ada'])
  expect(approved).toMatchObject({ code: 0, stdout: expect.stringContaining('Approved: Ship it?') })
  const second = await holdfast(cwd, ['resume', 'latest'])
  expect(second.code).toBe(3)
  expect(second.stderr).toMatch(/holdfast answer \S+ VALUE/)
  expect((await holdfast(cwd, ['answer', 'latest', 'v1.0'])).code).toBe(0)
  const done = await holdfast(cwd, ['resume', 'latest'])
  expect(done.code).toBe(0)
  expect(JSON.parse(done.stdout)).toEqual({
    approved: true,
    by: 'ada',
    key: '~approve',
    comment: 'fine',
    name: 'v1.0',
  })
  expect((await holdfast(cwd, ['approve', 'latest'])).stderr).toMatch(/\[(APPROVAL_NOT_FOUND|RUN_FINISHED)\]/)
})

test('a run that goes on as another one is followed to the end', async () => {
  const cwd = repository(
    withWorkflow(
      'counts',
      'if (ctx.input.n < 3) await ctx.continueAs({ n: ctx.input.n + 1 }); return ctx.input.n',
      'input: z.object({ n: z.number() })',
    ),
  )
  const { code, stdout, stderr } = await holdfast(cwd, ['run', 'counts', '--input', '{"n":1}'])
  expect(stdout).toBe('3\n')
  expect(stderr.match(/goes on as/g)).toHaveLength(2)
  expect(code).toBe(0)
})

test('reject says no', async () => {
  const cwd = repository(withWorkflow('gate', "return (await ctx.approve({ title: 'Ship it?' })).approved"))
  await holdfast(cwd, ['run', 'gate'])
  expect((await holdfast(cwd, ['reject', 'latest'])).stdout).toContain('Rejected: Ship it?')
  expect((await holdfast(cwd, ['resume', 'latest'])).stdout).toBe('false\n')
})

test('the question of a child is told with the id of the child', async () => {
  const cwd = repository({
    ...withWorkflow('inner', "return (await ctx.approve({ title: 'Sure?' })).approved"),
    ...withWorkflow('outer', "return ctx.child('inner', {})"),
  })
  const { code, stderr } = await holdfast(cwd, ['run', 'outer'])
  expect(code).toBe(3)
  const child = /holdfast approve (\S+)/.exec(stderr)![1]!
  await holdfast(cwd, ['approve', child])
  expect((await holdfast(cwd, ['resume', 'latest'])).stdout).toContain('true')
})

test('--detach only enqueues; send, cancel and resume act on it', async () => {
  const cwd = repository(withWorkflow('waits', "return (await ctx.waitForEvent('go'))?.data"))
  const started = await json(cwd, 'run', 'waits', '--detach')
  expect(started).toEqual({ id: started.id, status: 'pending' })
  expect((await holdfast(cwd, ['send', started.id, 'go', '--data', '{"n":1}'])).code).toBe(0)
  expect(JSON.parse((await holdfast(cwd, ['resume', started.id])).stdout)).toEqual({ n: 1 })

  const second = await json(cwd, 'run', 'waits', '--detach')
  // Nothing of it has run, so there is nothing to clean up.
  expect(await json(cwd, 'cancel', second.id)).toMatchObject({ id: second.id, status: 'cancelled' })
  const third = await json(cwd, 'run', 'waits', '--detach')
  expect(await json(cwd, 'kill', third.id)).toMatchObject({ status: 'killed' })
  const over = await holdfast(cwd, ['resume', third.id])
  expect(over.stderr).toContain('[RUN_FINISHED]')
  expect(over.code).toBe(1)
})

test('runs are found by a unique beginning or latest', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  expect((await holdfast(cwd, ['runs', 'show', 'latest'])).stderr).toContain('has no runs yet')
  const run = await json(cwd, 'run', 'work')
  const other = await json(cwd, 'run', 'work')
  expect(await json(cwd, 'runs', 'show', run.id.slice(0, 18))).toMatchObject({ id: run.id })
  expect(await json(cwd, 'runs', 'show', 'latest')).toMatchObject({ id: other.id })
  expect((await holdfast(cwd, ['runs', 'show', run.id.slice(0, 4)])).stderr).toMatch(
    /Several runs begin with/,
  )
  expect((await holdfast(cwd, ['runs', 'show', 'abc'])).stderr).toContain('too short')
  expect(await holdfast(cwd, ['runs', 'show', 'ffff0000'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('[RUN_NOT_FOUND]'),
  })
})

test('runs list, logs and events', async () => {
  const cwd = repository(
    withWorkflow(
      'work',
      "ctx.log.warn('careful'); await ctx.run('one', ({ ctx }) => ctx.log.info('inside')); return 1",
    ),
  )
  expect((await holdfast(cwd, ['runs'])).stderr).toContain('No runs')
  await holdfast(cwd, ['run', 'work'])
  expect((await holdfast(cwd, ['runs'])).stdout).toMatch(/work +completed/)
  expect(await json<unknown[]>(cwd, 'runs', 'list', '--status', 'failed')).toEqual([])
  expect(await json<unknown[]>(cwd, 'runs', 'list', '--workflow', 'work', '--limit', '1')).toMatchObject([
    { status: 'completed' },
  ])
  const logs = (await holdfast(cwd, ['runs', 'logs', 'latest'])).stdout
  expect(logs).toMatch(/warn {2}careful/)
  expect(logs).toMatch(/info {2}one: inside/)
  expect((await json<unknown[]>(cwd, 'runs', 'logs', 'latest', '--level', 'warn')).length).toBe(1)
  expect(await json<unknown[]>(cwd, 'runs', 'logs', 'latest', '--step', 'one')).toMatchObject([
    { message: 'inside' },
  ])
  expect((await holdfast(cwd, ['runs', 'logs', 'latest', '--step', 'two'])).stderr).toContain('Steps: 1 one')
  const events = await json<{ type: string; sequence: number }[]>(cwd, 'runs', 'events', 'latest')
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
  expect(events.at(-1)?.type).toBe('run.completed')
  expect(
    (await holdfast(cwd, ['runs', 'events', 'latest', '--after', String(events.length - 1)])).stdout
      .trim()
      .split('\n'),
  ).toHaveLength(1)
  const shown = (await holdfast(cwd, ['runs', 'show', 'latest'])).stdout
  expect(shown).toMatch(/✔ one/)
  expect(shown).toContain('output     1')
})

test('workflows show tells versions and input', async () => {
  const cwd = repository(
    withWorkflow('typed', 'return 1', "description: 'Does it', input: z.object({ a: z.string() })"),
  )
  const shown = (await holdfast(cwd, ['workflows', 'show', 'typed'])).stdout
  expect(shown).toContain('Does it')
  expect(shown).toContain('{ a: string }')
  expect(await json(cwd, 'workflows', 'show', 'typed')).toMatchObject({
    name: 'typed',
    versions: [{ version: 1 }],
  })
  expect(await json<unknown[]>(cwd, 'workflows')).toMatchObject([
    { name: 'typed', file_path: '.agent/workflows/templates/typed.ts' },
  ])
  expect((await holdfast(cwd, ['workflows', 'show', 'typd'])).stderr).toContain('Did you mean "typed"?')
  expect((await holdfast(repository(), ['workflows'])).stderr).toContain('holdfast init')
})

test('resume keeps the version of a run; --upgrade moves it', async () => {
  const cwd = repository(withWorkflow('gate', "await ctx.approve({ title: 'Go?' }); return 'old'"))
  await holdfast(cwd, ['run', 'gate'])
  const kept = await json(cwd, 'runs', 'show', 'latest')
  put(
    cwd,
    '.agent/workflows/templates/gate.ts',
    withWorkflow('gate', "await ctx.approve({ title: 'Go?' }); return 'new'")[
      '.agent/workflows/templates/gate.ts'
    ]!,
  )
  await holdfast(cwd, ['approve', kept.id])
  expect((await holdfast(cwd, ['resume', kept.id])).stdout).toBe('"old"\n')
  await holdfast(cwd, ['run', 'gate', '--allow-dirty'])
  put(
    cwd,
    '.agent/workflows/templates/gate.ts',
    withWorkflow('gate', "await ctx.approve({ title: 'Go?' }); return 'newest'")[
      '.agent/workflows/templates/gate.ts'
    ]!,
  )
  await holdfast(cwd, ['approve', 'latest'])
  expect((await holdfast(cwd, ['resume', 'latest', '--upgrade'])).stdout).toBe('"newest"\n')
})

test('doctor tells what is in order, with exit code 1 for what keeps Holdfast from working', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  const checks = await json<{ name: string; status: string }[]>(cwd, 'doctor')
  expect(checks.find((check) => check.name === 'workflows')).toMatchObject({ status: 'ok' })
  const { code, stdout } = await holdfast(cwd, ['doctor'], { env: { HOLDFAST_STORE: 'nosuch:x' } })
  expect(code).toBe(1)
  expect(stdout).toContain('✖ store')
})

test('HOLDFAST_STORE says where runs are kept', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  const env = { HOLDFAST_STORE: 'sqlite:elsewhere.db' }
  expect((await holdfast(cwd, ['run', 'work', '--allow-dirty'], { env })).code).toBe(0)
  expect(existsSync(join(cwd, 'elsewhere.db'))).toBe(true)
  expect(existsSync(join(cwd, '.agent/holdfast.db'))).toBe(false)
})

test('--verbose shows log lines while the run goes on', async () => {
  const cwd = repository(withWorkflow('work', "ctx.log.info('a line', { n: 1 }); return 1"))
  expect((await holdfast(cwd, ['run', 'work', '--verbose'])).stderr).toContain('info a line {"n":1}')
  expect(readFileSync(join(cwd, '.agent/workflows/.cache/.gitignore'), 'utf8')).toBe('*\n')
})
