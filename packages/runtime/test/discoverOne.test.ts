import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { discover, discoverOne } from '../src/index.ts'
import { projectPaths } from '../src/project/paths.ts'
import { holdfastOn, storeWith } from './open.ts'
import { put, template, temporaryProject, workflowText } from './project.ts'

/** Longer than a test may take: whoever waits for a file that never loads fails. */
const NEVER_ENDS = { timeoutMs: 3_600_000 }
const LOOP = 'for (;;) {}\n'
/** Soon enough to wait for; a name says that it does. */
const SOON = { timeoutMs: 1500 }

test('[RT3] a workflow is found without waiting for files that never load', async () => {
  const root = temporaryProject({
    [template('a')]: LOOP,
    [template('b')]: LOOP,
    [template('c')]: LOOP,
    [template('hello')]: workflowText('hello'),
    [template('other-file')]: workflowText('named-otherwise'),
  })
  const { store, project } = await storeWith(root)
  expect(await discoverOne(store, project, 'hello', NEVER_ENDS)).toMatchObject({
    workflow: { name: 'hello', version: 1, isNew: true },
    problems: [],
  })
  expect(await discoverOne(store, project, 'named-otherwise', NEVER_ENDS)).toMatchObject({
    workflow: { file: template('other-file'), isNew: true },
  })
  // From now on its file is known; an edit of it is seen.
  put(root, template('other-file'), workflowText('named-otherwise', 'return 2'))
  expect(await discoverOne(store, project, 'named-otherwise', NEVER_ENDS)).toMatchObject({
    workflow: { version: 2, isNew: true },
  })
})

test('[RT3] of unchanged files what is known counts, whatever became of the store', async () => {
  const root = temporaryProject({ [template('file')]: workflowText('hello'), [template('a')]: LOOP })
  const first = await storeWith(root)
  await discoverOne(first.store, first.project, 'hello', NEVER_ENDS)
  rmSync(join(projectPaths(root).cache), { recursive: true })
  await discover(first.store, first.project, SOON)
  const second = await storeWith(root)
  expect(await discoverOne(second.store, second.project, 'hello', { timeoutMs: 1 })).toMatchObject({
    workflow: { file: template('file'), isNew: true },
  })
})

test('[RT3] a file of that name that does not load is told at once; no other is tried', async () => {
  const root = temporaryProject({ [template('hello')]: 'const = 1', [template('a')]: LOOP })
  const { store, project } = await storeWith(root)
  expect(await discoverOne(store, project, 'hello', NEVER_ENDS)).toMatchObject({
    workflow: null,
    problems: [{ file: template('hello'), line: 1 }],
  })
})

test('[RT3] a name that nobody has is told with every name and problem', async () => {
  const root = temporaryProject({ [template('hello')]: workflowText('hello'), [template('a')]: LOOP })
  const { store, project } = await storeWith(root)
  expect(await discoverOne(store, project, 'helo', SOON)).toMatchObject({
    workflow: null,
    names: ['hello'],
    problems: [{ file: template('a'), reason: expect.stringContaining('1.5 s (an endless loop?)') }],
  })
})

test('[RT4] what never loads is told at once the second time, and loaded again when asked for by name', async () => {
  const root = temporaryProject({ [template('loop')]: LOOP, [template('hello')]: workflowText('hello') })
  const { store, project } = await storeWith(root)
  const first = await discover(store, project, SOON)
  expect(first).toMatchObject({ workflows: [{ name: 'hello' }], problems: [{ file: template('loop') }] })
  // Nothing loads within no time: both come from what is remembered.
  expect(await discover(store, project, { timeoutMs: 0 })).toMatchObject({
    workflows: [{ name: 'hello' }],
    problems: first.problems,
  })
  const again = await discoverOne(store, project, 'loop', { timeoutMs: 1000 })
  expect(again.problems).toMatchObject([{ reason: expect.stringContaining('within 1 s') }])
  // Other packages may make the difference.
  put(root, 'package-lock.json', '{}')
  const third = await discover(store, project, { timeoutMs: 1200 })
  expect(third.problems).toMatchObject([{ reason: expect.stringContaining('within 1.2 s') }])
  put(root, template('loop'), workflowText('loop'))
  expect((await discover(store, project, SOON)).problems).toEqual([])
})

test('[RT5] a child is found beside files that never load; a broken file leaves its last version', async () => {
  const root = temporaryProject(
    {
      [template('parent')]: workflowText('parent', "return ctx.child('child', {})"),
      [template('child')]: workflowText('child', "return 'first'"),
    },
    { git: true },
  )
  const run = async (): Promise<unknown> => {
    const holdfast = await holdfastOn(root)
    await holdfast.worker()
    const output = await (await holdfast.start('parent', {}, { allowDirty: true })).output()
    await holdfast.close()
    return output
  }
  expect(await run()).toBe('first')
  put(root, template('child'), workflowText('child', "return 'second'"))
  expect(await run()).toBe('second')
  put(root, template('child'), 'const = 1')
  expect(await run()).toBe('second')
})

test('[RT6] a bundle in the cache that is not what its name says is not registered', async () => {
  const root = temporaryProject({ [template('a')]: workflowText('a', 'return 1') })
  const first = await storeWith(root)
  const { workflows } = await discover(first.store, first.project)
  writeFileSync(
    join(projectPaths(root).cache, `${workflows[0]!.contentHash}.mjs`),
    'export default "planted"',
  )
  const second = await storeWith(root)
  const found = (await discover(second.store, second.project)).workflows[0]!
  const version = await second.store.getWorkflowVersion(found.workflowId, 1)
  expect(version.bundle).not.toContain('planted')
  expect(version.bundle).toContain('return 1')
})
