import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleFile } from '../src/bundles/bundleFile.ts'
import { importBundle } from '../src/bundles/importBundle.ts'
import { projectPaths } from '../src/project/paths.ts'
import { put, template, temporaryProject, workflowText } from './project.ts'

async function bundleOf(root: string, name: string) {
  const result = await bundleFile(root, template(name))
  if (!result.ok) throw new Error(result.problem.reason)
  return result
}

test('a bundle finds holdfast and zod in the installation, other packages in the project', async () => {
  const root = temporaryProject({
    [template('a')]:
      `import { z } from 'zod'\nimport { tool } from 'tool'\nexport const found = [typeof z.object, tool]\n${workflowText('a')}`,
    'node_modules/tool/package.json': '{"name":"tool","type":"module","exports":"./index.js"}',
    'node_modules/tool/index.js': "export const tool = 'from the project'",
  })
  const { bundle } = await bundleOf(root, 'a')
  const loaded = await importBundle(projectPaths(root).cache, bundle)
  expect(loaded.found).toEqual(['function', 'from the project'])
  expect(loaded.default).toMatchObject({ kind: 'holdfast.workflow', name: 'a' })
})

test("the project's own zod goes before ours", async () => {
  const root = temporaryProject({
    [template('a')]: `import * as z from 'zod'\nexport const found = z.mark\n${workflowText('a')}`,
    'node_modules/zod/package.json': '{"name":"zod","type":"module","exports":"./index.js"}',
    'node_modules/zod/index.js': "export const mark = 'mine'",
  })
  const { bundle } = await bundleOf(root, 'a')
  expect((await importBundle(projectPaths(root).cache, bundle)).found).toBe('mine')
})

test('a missing package is WORKFLOW_DEPENDENCY_MISSING, and found once it is installed', async () => {
  const root = temporaryProject({
    [template('a')]: `import { late } from 'late'\nexport const found = late\n${workflowText('a')}`,
  })
  const { bundle } = await bundleOf(root, 'a')
  const cache = projectPaths(root).cache
  await expect(importBundle(cache, bundle)).rejects.toMatchObject({
    code: 'WORKFLOW_DEPENDENCY_MISSING',
    details: { package: 'late' },
  })
  put(root, 'node_modules/late/package.json', '{"name":"late","type":"module","exports":"./index.js"}')
  put(root, 'node_modules/late/index.js', "export const late = 'here'")
  expect((await importBundle(cache, bundle)).found).toBe('here')
})

test('a file of the cache that somebody changed is put right', async () => {
  const root = temporaryProject({ [template('a')]: workflowText('a') })
  const { bundle, hash } = await bundleOf(root, 'a')
  const path = join(projectPaths(root).cache, `${hash}.mjs`)
  put(root, `.agent/workflows/.cache/${hash}.mjs`, 'export default 1')
  writeFileSync(path, 'export default 1')
  expect((await importBundle(projectPaths(root).cache, bundle)).default).toMatchObject({ name: 'a' })
  expect(readFileSync(path, 'utf8')).toBe(bundle)
})

test('a folder that cannot be written is an error that names it', async () => {
  const root = temporaryProject({
    [template('a')]: workflowText('a'),
    '.agent/workflows/.cache': 'a file in the way',
  })
  const { bundle } = await bundleOf(root, 'a')
  await expect(importBundle(projectPaths(root).cache, bundle)).rejects.toMatchObject({
    code: 'FILE_OPERATION_FAILED',
  })
  expect(existsSync(join(root, '.agent/workflows/.cache'))).toBe(true)
})

test('stacks of workflows name their source lines', async () => {
  const root = temporaryProject({
    [template('a')]:
      "// a comment that the bundle leaves out\n\nexport const fail = (): never => {\n  throw new Error('here')\n}\nexport default 1\n",
  })
  const { bundle } = await bundleOf(root, 'a')
  // In a process of its own: the test runner rewrites stacks.
  const script = `
    import { importBundle } from ${JSON.stringify(import.meta.resolve('../src/bundles/importBundle.ts'))}
    const { fail } = await importBundle(${JSON.stringify(projectPaths(root).cache)}, ${JSON.stringify(bundle)})
    try { fail() } catch (error) { console.log(error.stack) }`
  const stack = execFileSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(stack).toContain(`${template('a')}:4:`)
})
