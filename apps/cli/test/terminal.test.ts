import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { atTerminal, KEY } from './terminal.ts'
import { holdfast, repository, withWorkflow } from './world.ts'

const HOLD = `await ctx.run('hold', async ({ signal }) => {
    const { existsSync } = await import('node:fs')
    while (!existsSync(ctx.project.path + '/.agent/go')) {
      signal.throwIfAborted()
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, 20)
        signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason) }, { once: true })
      })
    }
  })`

test('a terminal shows the tree and ends with the whole picture', async () => {
  const cwd = repository(
    withWorkflow('work', "await ctx.run('one', () => 1); await ctx.comment('look'); return { a: 1 }"),
  )
  const { code, stdout, stderr } = await atTerminal(cwd, ['run', 'work']).ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({ a: 1 })
  expect(stderr).toMatch(/work \S+ on main {2}completed/)
  expect(stderr).toContain('✔ one')
})

test('an approval is asked inline, with a comment', async () => {
  const cwd = repository(
    withWorkflow('gate', "return ctx.approve({ title: 'Ship it?', body: 'All is green.' })"),
  )
  const session = atTerminal(cwd, ['run', 'gate'])
  await session.saw(/All is green[^]*Ship it\?[^]*Decide later/)
  session.type(KEY.enter)
  await session.saw('Comment')
  session.type(`fine${KEY.enter}`)
  const { code, stdout } = await session.ended
  expect(JSON.parse(stdout)).toMatchObject({ approved: true, comment: 'fine' })
  expect(code).toBe(0)
})

test('deciding later leaves with 3', async () => {
  const cwd = repository(withWorkflow('gate', "return ctx.approve({ title: 'Ship it?' })"))
  const session = atTerminal(cwd, ['run', 'gate'])
  await session.saw('Decide later')
  session.type(KEY.down + KEY.down + KEY.enter)
  const { code, stderr } = await session.ended
  expect(code).toBe(3)
  expect(stderr).toMatch(/holdfast approve \S+/)
})

test('--exit asks nothing', async () => {
  const cwd = repository(withWorkflow('gate', "return ctx.approve({ title: 'Ship it?' })"))
  expect((await atTerminal(cwd, ['run', 'gate', '--exit']).ended).code).toBe(3)
})

test('questions by their schema: text, a choice, JSON that fits', async () => {
  const cwd = repository(
    withWorkflow(
      'ask',
      `const name = await ctx.ask({ title: 'Name?' })
       const size = await ctx.ask({ title: 'Size?', schema: z.enum(['small', 'large']) })
       const port = await ctx.ask({ title: 'Port?', schema: z.number() })
       const sure = await ctx.ask({ title: 'Sure?', schema: z.boolean() })
       return { name, size, port, sure }`,
    ),
  )
  const session = atTerminal(cwd, ['run', 'ask'])
  await session.saw('Name?')
  session.type(`42${KEY.enter}`)
  await session.saw(/Size\?[^]*large/)
  session.type(KEY.down + KEY.enter)
  await session.saw('Port? (number)')
  session.type(`8080${KEY.enter}`)
  await session.saw(/Sure\?/)
  session.type(KEY.enter)
  expect(JSON.parse((await session.ended).stdout)).toEqual({
    name: '42',
    size: 'large',
    port: 8080,
    sure: true,
  })
})

test('a failed step asks what to do; trying again works', async () => {
  const cwd = repository(
    withWorkflow(
      'flaky',
      `return ctx.run('try', async () => {
        if (!(await import('node:fs')).existsSync(ctx.project.path + '/.agent/go')) throw new Error('not yet')
        return 'worked'
      }, { retry: { maxAttempts: 1 } })`,
    ),
  )
  const session = atTerminal(cwd, ['run', 'flaky'])
  await session.saw(/failed: not yet[^]*Try again/)
  writeFileSync(join(cwd, '.agent/go'), '')
  session.type(KEY.enter)
  expect(await session.ended).toMatchObject({ code: 0, stdout: '"worked"\n' })
})

test('the result of a failed step can be given by hand', async () => {
  const cwd = repository(
    withWorkflow(
      'flaky',
      "return ctx.run('try', () => { throw new Error('never') }, { retry: { maxAttempts: 1 } })",
    ),
  )
  const session = atTerminal(cwd, ['run', 'flaky'])
  await session.saw(/Give its result by hand/)
  session.type(KEY.down + KEY.enter)
  await session.saw('Result of the step')
  session.type(`{"by":"hand"}${KEY.enter}`)
  expect(JSON.parse((await session.ended).stdout)).toEqual({ by: 'hand' })
})

test('an answer from elsewhere takes the question away', async () => {
  const cwd = repository(withWorkflow('gate', "return (await ctx.approve({ title: 'Ship it?' })).by"))
  const session = atTerminal(cwd, ['run', 'gate'])
  await session.saw('Decide later')
  await holdfast(cwd, ['approve', 'latest', '--by', 'elsewhere'])
  expect(await session.ended).toMatchObject({ code: 0, stdout: '"elsewhere"\n' })
})

test('Ctrl-C asks: park and leave', async () => {
  const cwd = repository(withWorkflow('long', `${HOLD}\n  return 'done'`))
  const session = atTerminal(cwd, ['run', 'long'])
  await session.saw('hold')
  session.signal('SIGINT')
  await session.saw('Park and leave')
  session.type(KEY.enter)
  const { code, stderr } = await session.ended
  expect(code).toBe(130)
  expect(stderr).toContain('holdfast resume')
  writeFileSync(join(cwd, '.agent/go'), '')
  expect((await holdfast(cwd, ['resume', 'latest'])).stdout).toBe('"done"\n')
})

test('Ctrl-C asks: cancel, and the clean-up runs', async () => {
  const cwd = repository(withWorkflow('long', `try { ${HOLD} } finally { await ctx.comment('cleaned up') }`))
  const session = atTerminal(cwd, ['run', 'long'])
  await session.saw('hold')
  session.signal('SIGINT')
  await session.saw('Park and leave')
  session.type(KEY.down + KEY.enter)
  const { code, stderr } = await session.ended
  expect(code).toBe(130)
  expect(stderr).toContain('cleaned up')
})

test('Ctrl-C asks: go on', async () => {
  const cwd = repository(withWorkflow('long', `${HOLD}\n  return 'done'`))
  const session = atTerminal(cwd, ['run', 'long'])
  await session.saw('hold')
  session.signal('SIGINT')
  await session.saw('Park and leave')
  session.type(KEY.down + KEY.down + KEY.enter)
  writeFileSync(join(cwd, '.agent/go'), '')
  expect(await session.ended).toMatchObject({ code: 0, stdout: '"done"\n' })
})

test('Ctrl-C twice kills', async () => {
  const cwd = repository(withWorkflow('long', `try { ${HOLD} } finally { await ctx.comment('cleaned up') }`))
  const session = atTerminal(cwd, ['run', 'long'])
  await session.saw('hold')
  session.signal('SIGINT')
  await session.saw('Park and leave')
  session.type(KEY.ctrlC)
  const { code, stderr } = await session.ended
  expect(code).toBe(130)
  expect(stderr).toContain('killed')
  expect(stderr).not.toContain('cleaned up')
})

test('Ctrl-C in a question asks what to do, and SIGTERM hands back', async () => {
  const cwd = repository(withWorkflow('gate', "return ctx.approve({ title: 'Ship it?' })"))
  const session = atTerminal(cwd, ['run', 'gate'])
  await session.saw('Decide later')
  session.type(KEY.ctrlC)
  await session.saw('Park and leave')
  session.signal('SIGTERM')
  expect((await session.ended).code).toBe(130)
})
