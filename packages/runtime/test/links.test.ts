import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkflow, StepError } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import { createHoldfast, doctor, openProject } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { put, template, temporaryProject, workflowText } from './project.ts'

/** A program of the system, not of a package. */
const MAKE_PIPE = 'mkfifo'

const PLACES = [
  '.agent',
  '.agent/workflows',
  '.agent/workflows/executions',
  '.agent/workflows/.cache',
  '.agent/workflows/worktrees',
]

/** Puts a link at `path`; what was there lies where the link leads afterwards. */
function link(root: string, path: string, target: string): void {
  const place = join(root, path)
  mkdirSync(join(place, '..'), { recursive: true })
  if (existsSync(place)) {
    rmSync(target, { recursive: true, force: true })
    renameSync(place, target)
  }
  symlinkSync(target, place)
}

test.each(PLACES)('[RT7] a project whose %s leads out of it is refused and left as it is', async (place) => {
  for (const isThere of [true, false]) {
    const root = temporaryProject({ [template('a')]: workflowText('a') }, { git: true })
    const outside = isThere ? temporaryProject() : join(temporaryProject(), 'nothing')
    rmSync(join(root, place), { recursive: true, force: true })
    link(root, place, outside)
    await expect(createHoldfast({ projectPath: root, env: {} })).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_PROJECT',
      message: expect.stringContaining(`${join(root, place)} is a link to ${outside}, `),
      details: { path: join(root, place) },
    })
    expect(isThere ? readdirSync(outside) : existsSync(outside)).toEqual(isThere ? [] : false)
    const checks = await doctor({ projectPath: root, env: {} })
    expect(checks.find((check) => check.name === 'links')).toMatchObject({ status: 'problem' })
  }
})

test.each(PLACES)('[RT7] a link at %s that stays in the project is followed', async (place) => {
  const root = temporaryProject({ [template('a')]: workflowText('a') }, { git: true })
  mkdirSync(join(root, 'elsewhere'))
  link(root, place, join(root, 'elsewhere'))
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    ctx.log.info('hello')
    return (await ctx.artifact('a.txt', { content: 'kept' })).storagePath
  })
  const path = await (await holdfast.start(w, {}, { allowDirty: true })).output()
  expect(readFileSync(join(root, path as string), 'utf8')).toBe('kept')
})

test('[RT7] a database may be a link to one that is there, and makes none where it leads', async () => {
  const root = temporaryProject({}, { git: true })
  const elsewhere = temporaryProject()
  const opened = await openProject({ projectPath: elsewhere, env: {} })
  await opened.close()
  link(root, '.agent/holdfast.db', join(elsewhere, '.agent/holdfast.db'))
  await (await openProject({ projectPath: root, env: {} })).close()
  rmSync(join(root, '.agent/holdfast.db'))
  link(root, '.agent/holdfast.db', join(elsewhere, 'none.db'))
  await expect(openProject({ projectPath: root, env: {} })).rejects.toMatchObject({
    code: 'PATH_OUTSIDE_PROJECT',
    message: expect.stringContaining(`touch ${join(elsewhere, 'none.db')}`),
  })
  expect(existsSync(join(elsewhere, 'none.db'))).toBe(false)
  put(elsewhere, 'none.db', '')
  await (await openProject({ projectPath: root, env: {} })).close()
})

test('[RT8] links that a step puts into the folder of its run lead nothing out of it', async () => {
  const root = temporaryProject({}, { git: true })
  const outside = temporaryProject({ secret: 'secret' })
  const trouble: string[] = []
  const holdfast = await holdfastOn(root, { onTrouble: (message) => trouble.push(message) })
  await holdfast.worker()
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    )
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    const folder = join(ctx.project.path, '.agent/workflows/executions', ctx.runId)
    await ctx.run('plant', () => {
      mkdirSync(join(folder, 'artifacts'), { recursive: true })
      mkdirSync(join(folder, 'logs'), { recursive: true })
      symlinkSync(outside, join(folder, 'artifacts/execution'))
      for (const name of ['execution.log', 'step-2-says.log'])
        symlinkSync(join(outside, name === 'execution.log' ? 'secret' : 'new'), join(folder, 'logs', name))
    })
    await ctx.run('says', ({ ctx: inner }) => inner.log.info('not for others'))
    const kept = await codeOf(ctx.artifact('a.txt', { content: 'kept' }))
    return [
      kept,
      await ctx
        .run('inner', ({ ctx: inner }) => inner.artifact('b.txt', { content: 'b' }))
        .then((artifact) => artifact.name),
    ]
  })
  const run = await holdfast.start(w)
  expect(await run.output()).toEqual(['PATH_OUTSIDE_PROJECT', 'b.txt'])
  await holdfast.close()
  expect(readdirSync(outside)).toEqual(['secret'])
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret')
  expect(trouble.join('\n')).toMatch(/could not be written to the files: .*logs.* is a link to .*secret/)
})

test('[RT8] neither a folder of the run nor the session file of an agent may be a link', async () => {
  const root = temporaryProject({}, { git: true })
  const outside = temporaryProject({ secret: 'secret' })
  const trouble: string[] = []
  const holdfast = await holdfastOn(root, { onTrouble: (message) => trouble.push(message) })
  await holdfast.worker()
  const agent = { agent: 'replay', settings: { recording: 'none.json' } }
  const w = createWorkflow({ name: 'w', workspace: 'worktree' }, async (ctx) => {
    const executions = join(ctx.project.path, '.agent/workflows/executions')
    const folder = join(executions, ctx.runId)
    const linkFolder = (): void => {
      rmSync(folder, { recursive: true, force: true })
      symlinkSync(outside, folder)
    }
    const failure = (name: string): Promise<unknown> => ctx.runCli(name, agent, 'go').catch((error) => error)
    await ctx.run('link folder', () => {
      mkdirSync(executions, { recursive: true })
      linkFolder()
    })
    ctx.log.info('not for others')
    const first = await failure('first')
    await ctx.run('link session file', () => {
      rmSync(folder)
      // The step's number in the journal is not known yet.
      for (let sequence = 1; sequence < 60; sequence++) {
        const artifacts = join(folder, 'artifacts', `${ctx.runId}.${sequence}.0`)
        mkdirSync(artifacts, { recursive: true })
        symlinkSync(join(outside, 'secret'), join(artifacts, 'second-1.session.jsonl'))
      }
    })
    const second = await failure('second')
    const third = await failure('third')
    await ctx.run('link folder again', linkFolder)
    return [first, second, third].map((error) => (error instanceof StepError ? error.code : String(error)))
  })
  expect(await (await holdfast.start(w)).output()).toEqual([
    'PATH_OUTSIDE_PROJECT',
    'PATH_OUTSIDE_PROJECT',
    'AGENT_RECORDING_INVALID',
  ])
  await holdfast.close()
  expect(readdirSync(outside)).toEqual(['secret'])
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret')
  expect(trouble.join('\n')).toContain('metadata.json of run')
})

test('[RT8] a pipe in place of a log holds nobody up', async () => {
  const root = temporaryProject({}, { git: true })
  const trouble: string[] = []
  const holdfast = await holdfastOn(root, { onTrouble: (message) => trouble.push(message) })
  await holdfast.worker()
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    const folder = join(ctx.project.path, '.agent/workflows/executions', ctx.runId, 'logs')
    await ctx.run('plant', () => {
      mkdirSync(folder, { recursive: true })
      execFileSync(MAKE_PIPE, [join(folder, 'execution.log')])
    })
    ctx.log.info('said')
    return 'done'
  })
  expect(await (await holdfast.start(w)).output()).toBe('done')
  await holdfast.close()
  expect(trouble.join('\n')).toMatch(/could not be written to the files/)
})

test('[RT8] files of runs do not make a project that is gone again', async () => {
  const root = temporaryProject({}, { git: true })
  const store = temporaryProject()
  const trouble: string[] = []
  const holdfast = await holdfastOn(root, {
    store: `sqlite:${join(store, 's.db')}`,
    onTrouble: (message) => trouble.push(message),
  })
  await holdfast.worker()
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    await ctx.run('lose', () => rmSync(root, { recursive: true }))
    ctx.log.info('said')
    await ctx.artifact('a', { content: 'a' }).catch(() => {})
    return 'done'
  })
  expect(await (await holdfast.start(w)).output()).toBe('done')
  await holdfast.close()
  expect(existsSync(root)).toBe(false)
  expect(trouble.length).toBeGreaterThan(0)
})
