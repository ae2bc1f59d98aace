import { expect, test } from 'vitest'
import { holdfast, repository, withWorkflow } from './world.ts'

test('[CL9] a plan, a fork with another output, and both runs side by side', async () => {
  const cwd = repository(
    withWorkflow(
      'work',
      `const { title } = await ctx.run('plan', () => ({ title: 'one' }))
  await ctx.files.write('title.txt', title + '\\n', { name: 'write' })
  return title`,
    ),
  )
  const first = await holdfast(cwd, ['run', 'work', '--workspace', 'worktree', '--json'])
  const { id } = JSON.parse(first.stdout) as { id: string }
  const plan = await holdfast(cwd, ['fork', id, '--from', 'write', '--plan'])
  expect(plan.stdout).toMatch(/reuse +plan\nrun anew +write\nafter that +nothing/)
  expect((await holdfast(cwd, ['runs', 'list', '--json'])).stdout.match(/"id": "/g)).toHaveLength(1)

  const set = ['--set', 'plan.output={"title":"two"}']
  const planId = /plan +(\w+)\n$/.exec(plan.stdout)?.[1] ?? ''
  const stale = await holdfast(cwd, ['fork', id, '--from', 'write', ...set, '--plan-id', planId])
  expect(stale).toMatchObject({ code: 1, stderr: expect.stringContaining('PLAN_CHANGED') })
  const forked = await holdfast(cwd, ['fork', id, '--from', 'write', ...set])
  expect(forked).toMatchObject({ code: 0, stderr: expect.stringContaining('reuse 1, run 1 as last time') })
  expect(JSON.parse(forked.stdout)).toBe('two')

  const compared = await holdfast(cwd, ['compare', id, 'latest', '--patch'])
  expect(compared.stdout).toMatch(/≠ +plan .*"one".*taken over .*"two"/)
  expect(compared.stdout).toContain('1 files differ, +1 −1:\n  +1 −1  title.txt')
  expect(compared.stdout).toContain('-one\n+two')
  const document = JSON.parse((await holdfast(cwd, ['compare', id, id, '--json'])).stdout) as object
  expect(document).toMatchObject({ same_output: true, files: { added: 0, removed: 0, files: [] } })
})
