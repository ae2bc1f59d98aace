import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfast, repository, start, withWorkflow } from './world.ts'

interface Document {
  readonly id: string
  readonly status: string
  readonly output: unknown
  readonly waiting_for: { readonly reason: string } | null
}

const DIR = '.agent/workflows/executions'

test(
  'a project on files: detached here, executed there, approved from a third process',
  { timeout: 240_000 },
  async () => {
    const cwd = repository({
      ...withWorkflow(
        'ship',
        `const n = await ctx.run('one', () => 1)
       const { approved, by } = await ctx.approve({ title: 'Ship it?' })
       return { n, approved, by, name: await ctx.ask({ title: 'Its name?' }) }`,
      ),
      ...withWorkflow('quick', `return await ctx.run('one', () => 'quick')`),
      'holdfast.config.ts': `import { defineConfig } from 'holdfast'\nexport default defineConfig({ store: 'file:${DIR}' })\n`,
    })
    const run = async (...argv: string[]) => await start(cwd, argv).ended
    const started = await run('run', 'ship', '--detach', '--json')
    expect(started).toMatchObject({ code: 0 })
    const { id } = JSON.parse(started.stdout) as Document
    const worker = start(cwd, ['worker'])
    const show = async (): Promise<Document> => {
      const { stdout } = await holdfast(cwd, ['runs', 'show', id, '--json'])
      return JSON.parse(stdout) as Document
    }
    const waitsFor = async () => (await show()).waiting_for?.reason ?? null
    await expect.poll(waitsFor, { timeout: 50_000 }).toBe('approval')

    // The worker holds the store: others hand it what they say, and are answered.
    expect(await run('approve', id, '--by', 'ada')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Approved: Ship it?'),
    })
    await expect.poll(waitsFor, { timeout: 50_000 }).toBe('question')
    expect(await run('run', 'quick')).toMatchObject({ code: 0, stdout: '"quick"\n' })
    expect(await run('answer', id, 'v1.0')).toMatchObject({ code: 0 })
    await expect.poll(async () => (await show()).status, { timeout: 50_000 }).toBe('completed')
    expect((await show()).output).toEqual({ n: 1, approved: true, by: 'ada', name: 'v1.0' })
    expect((await run('cancel', id)).stderr).toContain('RUN_FINISHED')
    expect((await run('doctor')).stdout).toContain(`The store file:${join(cwd, DIR)} answers.`)

    worker.process.kill('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
    const folder = join(cwd, DIR, id)
    const parts = readdirSync(folder).toSorted()
    expect(parts).toEqual(expect.arrayContaining(['events.jsonl', 'metadata.json', 'nodes', 'run.json']))
    expect(JSON.parse(readFileSync(join(folder, 'nodes', 'one.json'), 'utf8'))).toMatchObject({ output: 1 })
    expect(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))).toMatchObject({
      run: { status: 'completed' },
    })
    expect(existsSync(join(cwd, '.agent', 'holdfast.db'))).toBe(false)
    expect(execFileSync('git', ['status', '--porcelain'], { cwd, encoding: 'utf8' })).not.toContain(
      '.holdfast',
    )
  },
)
