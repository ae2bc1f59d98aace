import { expect, test } from 'vitest'
import { holdfast, put, repository, withWorkflow } from './world.ts'

const BODY = `const title = await ctx.run('plan', () => 'one')
  await ctx.shell('test -f mended.txt', { name: 'use', retry: { maxAttempts: 1 } })
  await ctx.approve({ name: 'gate', title: 'Ship?', covers: 'none' })
  return title`

test(
  '[CL60, CL61] a failed run is planned, retried, checked against an edit, and not moved to one that diverges',
  { timeout: 180_000 },
  async () => {
    const cwd = repository({ ...withWorkflow('work', BODY), '.gitignore': '.agent/\nmended.txt\n' })
    const edit = (body: string): void => {
      for (const [path, text] of Object.entries(withWorkflow('work', body))) put(cwd, path, text)
    }
    expect((await holdfast(cwd, ['run', 'work', '--exit'])).code).toBe(1)
    const plan = await holdfast(cwd, ['retry', 'latest', '--plan'])
    expect(plan.stdout).toMatch(
      /reuse +plan\nrun anew +use\nafter that +nothing\nthen +use \(shell\), new at \S+work\.ts:6:\d+\n/,
    )

    put(cwd, 'mended.txt', '')
    const retried = await holdfast(cwd, ['retry', 'latest', '--exit'])
    expect(retried).toMatchObject({ code: 3, stderr: expect.stringContaining('reuse 1, run 1 as last time') })
    const resumed = await holdfast(cwd, ['resume', 'latest', '--plan'])
    expect(resumed.stdout).toMatch(/reuse +plan, use\n.*\n.*\nthen +gate \(approval\), waits on at/)

    edit(BODY.replace("name: 'use'", "name: 'try'"))
    expect(await holdfast(cwd, ['check', '--strict'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/differs .*\n +\S+work\.ts:6:\d+ +asks for "try"/),
    })
    edit(BODY.replace("run('plan', () => 'one')", "shell('echo one', { name: 'plan' })"))
    const checked = await holdfast(cwd, ['check', 'work', '--json'])
    expect(checked.code).toBe(1)
    expect(JSON.parse(checked.stdout)).toMatchObject({
      counts: { diverges: 1 },
      runs: [{ workflow: 'work', verdict: 'diverges', divergence: { key: 'plan', recorded: 'run' } }],
    })
    const upgraded = await holdfast(cwd, ['resume', 'latest', '--upgrade', '--exit'])
    expect(upgraded).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was done') })
  },
)
