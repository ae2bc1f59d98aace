import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatSize } from '../src/commands/workspaces/size.ts'
import { holdfast, repository, withWorkflow } from './world.ts'

test('[CL40] workspaces lists worktrees, and prune shows a plan and removes nothing without --yes', async () => {
  const root = repository(withWorkflow('tree', `await ctx.shell('true')`, `workspace: 'worktree'`))
  expect((await holdfast(root, ['run', 'tree', '--allow-dirty'])).code).toBe(0)
  const home = join(root, '.agent/workflows/worktrees')
  const [id = ''] = readdirSync(home)
  const listed = await holdfast(root, ['workspaces', 'list'])
  expect(listed.stdout).toMatch(/kept +worktree .*holdfast\/\w{12} .*its runs are over/)
  expect(listed.stdout).toMatch(/\d kept trees of 1 runs/)
  for (const argv of [['--dry-run', '--yes'], [], ['--json']]) {
    const { code, stdout } = await holdfast(root, ['workspaces', 'prune', ...argv])
    expect([code, stdout.includes(id)]).toEqual([0, true])
    expect(existsSync(join(home, id))).toBe(true)
  }
  expect((await holdfast(root, ['workspaces', 'prune', '--yes', '--older-than', '1h'])).stdout).toContain(
    'Nothing to remove.',
  )
  const pruned = await holdfast(root, ['workspaces', 'prune', '--yes'])
  expect(pruned.stdout).toContain(`removed workspace ${id}`)
  expect(existsSync(join(home, id))).toBe(false)
  const shown = JSON.parse((await holdfast(root, ['runs', 'show', 'latest', '--json'])).stdout) as object
  expect(shown).toMatchObject({ workspace: { id, cleaned_up: true } })
  expect([0, 1023, 2048, 15 * 1024 ** 2].map(formatSize)).toEqual(['0 B', '1023 B', '2.0 KiB', '15 MiB'])
})
