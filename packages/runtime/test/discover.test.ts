import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Definitions } from '../src/definitions/Definitions.ts'
import { discover } from '../src/index.ts'
import { projectPaths } from '../src/project/paths.ts'
import { storeWith } from './open.ts'
import { put, template, temporaryProject, workflowText } from './project.ts'

test('every template is registered; broken ones are reported and disturb nobody', async () => {
  const root = temporaryProject({
    [template('good')]: workflowText('good'),
    [template('bad')]: 'const = 1',
    [template('loud')]: "throw new Error('boom')",
    'package-lock.json': '{}',
  })
  const { store, project } = await storeWith(root)
  const { workflows, problems } = await discover(store, project)
  expect(workflows).toMatchObject([{ name: 'good', version: 1, isNew: true, file: template('good') }])
  expect(problems.map(({ file, line }) => [file, line])).toEqual([
    [template('bad'), 1],
    [template('loud'), 1],
  ])
  const row = await store.findWorkflow(project.id, 'good')
  expect(row).toMatchObject({ file_path: template('good'), version: 1 })
  const version = await store.getWorkflowVersion(row!.id, 1)
  expect(version.source).toBe(workflowText('good'))
  expect(version.lock_hash).toMatch(/^[0-9a-f]{64}$/)
})

test('an unchanged project causes no write; an edited file makes a version, an edit undone goes back', async () => {
  const root = temporaryProject({ [template('a')]: workflowText('a') })
  const { store, project } = await storeWith(root)
  await discover(store, project)
  const before = await store.findWorkflow(project.id, 'a')
  expect((await discover(store, project)).workflows).toMatchObject([{ version: 1, isNew: false }])
  expect(await store.findWorkflow(project.id, 'a')).toEqual(before)

  put(root, template('a'), workflowText('a', 'return 2'))
  expect((await discover(store, project)).workflows).toMatchObject([{ version: 2, isNew: true }])
  put(root, template('a'), workflowText('a'))
  expect((await discover(store, project)).workflows).toMatchObject([{ version: 1, isNew: false }])
  expect((await store.findWorkflow(project.id, 'a'))?.version).toBe(1)
})

test('of two files with one name the one that was there stays', async () => {
  const root = temporaryProject({ [template('hello')]: workflowText('hello', 'return 1') })
  const { store, project } = await storeWith(root)
  await discover(store, project)
  put(root, template('a-copy'), workflowText('hello', 'return 2'))
  const { workflows, problems } = await discover(store, project)
  expect(workflows).toMatchObject([{ name: 'hello', file: template('hello') }])
  expect(problems).toMatchObject([
    { file: template('a-copy'), reason: expect.stringContaining(template('hello')) },
  ])
})

test('a version is loaded from the store when its file has changed and the cache is gone', async () => {
  const root = temporaryProject({ [template('a')]: workflowText('a', "return 'first'") })
  const { store, project } = await storeWith(root)
  const [first] = (await discover(store, project)).workflows
  put(root, template('a'), workflowText('a', "return 'second'"))
  await discover(store, project)
  rmSync(projectPaths(root).cache, { recursive: true })
  rmSync(join(root, template('a')))

  const definitions = new Definitions(store, project)
  const request = { projectId: project.id, workflowId: first!.workflowId, workflowName: 'a' }
  const run = async (version: number) =>
    (await definitions.load({ ...request, version })).execute({} as never)
  expect(await run(1)).toBe('first')
  expect(await run(2)).toBe('second')
  expect((await definitions.current(project.id, 'a')).version).toBe(2)
})

test('a name that nobody has is refused with the known ones; a workflow that is switched off too', async () => {
  const root = temporaryProject({ [template('hello')]: workflowText('hello') })
  const { store, project } = await storeWith(root)
  const [hello] = (await discover(store, project)).workflows
  const definitions = new Definitions(store, project)
  await expect(definitions.current(project.id, 'helo')).rejects.toMatchObject({
    code: 'WORKFLOW_NOT_FOUND',
    details: { nearest: 'hello' },
  })
  await store.updateWorkflow(hello!.workflowId, { isActive: false })
  await expect(definitions.current(project.id, 'hello')).rejects.toMatchObject({ code: 'WORKFLOW_INACTIVE' })
})

test('an unknown project id is an error of the store, a known one is asked once', async () => {
  const { store, project } = await storeWith(temporaryProject())
  const definitions = new Definitions(store, project)
  expect(await definitions.project(project.id)).toEqual(project)
  const other = await store.ensureProject({ name: 'other', path: '/other' })
  expect(await definitions.project(other.id)).toEqual({ id: other.id, name: 'other', path: '/other' })
  await expect(definitions.project('nobody')).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' })
})
