import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleFile } from '../src/bundles/bundleFile.ts'
import { Catalog } from '../src/discovery/Catalog.ts'
import { inspectTemplate } from '../src/discovery/inspect.ts'
import { listTemplates } from '../src/discovery/templates.ts'
import { projectPaths } from '../src/project/paths.ts'
import { put, template, temporaryProject, workflowText } from './project.ts'

async function inspect(root: string, name: string, limits = {}) {
  const paths = projectPaths(root)
  const catalog = new Catalog(root, paths.cache)
  const result = await inspectTemplate(paths, catalog, template(name), limits)
  await catalog.save(await listTemplates(paths))
  return result
}

test('a template is bundled with its local imports, packages stay outside', async () => {
  const root = temporaryProject({
    [template('a')]:
      `import { help } from '../../../lib/help'\nimport { z } from 'zod'\n${workflowText('a', 'return help(z)')}`,
    'lib/help.ts': 'export const help = (x: unknown): string => `helped ${typeof x}`\n',
  })
  const result = await bundleFile(root, template('a'))
  if (!result.ok) throw new Error(result.problem.reason)
  expect(result.bundle).toContain('helped')
  expect(result.bundle).toMatch(/from "zod"/)
  expect(result.bundle).toMatch(/from "holdfast"/)
  expect(result.inputs.toSorted()).toEqual([template('a'), 'lib/help.ts'])
})

test('equal projects in different folders have equal hashes', async () => {
  const files = { [template('a')]: workflowText('a') }
  const [one, two] = await Promise.all([
    bundleFile(temporaryProject(files), template('a')),
    bundleFile(temporaryProject(files), template('a')),
  ])
  expect(one.ok && two.ok && one.hash === two.hash).toBe(true)
})

test('a workflow that loads gives its facts, with the JSON Schema of its input', async () => {
  const root = temporaryProject({
    [template('a')]: `import { createWorkflow } from 'holdfast'
import { z } from 'zod'
export default createWorkflow({ name: 'greet', description: 'Says hello', input: z.object({ who: z.string() }), timeoutMs: '10m' }, async () => 1)`,
  })
  expect(await inspect(root, 'a')).toMatchObject({
    file: template('a'),
    name: 'greet',
    description: 'Says hello',
    config: { timeoutMs: 600_000, workspace: 'project', input: { properties: { who: { type: 'string' } } } },
  })
})

test.each([
  ['does not compile', 'const = 1\n', 1, /Expected identifier/],
  ['throws', "const a = 1\nthrow new Error('boom ' + a)\n", 2, /throws when it is loaded: boom 1/],
  ['has no default export', 'export const x = 1\n', 1, /no default export/],
  ['exports something else', '\n\nexport default { name: 5 }\n', 3, /no workflow/],
  [
    'has a bad option',
    "import { createWorkflow } from 'holdfast'\nexport default createWorkflow({ name: 'A b' }, async () => 1)\n",
    2,
    /name/,
  ],
  ['ends the process', 'process.exit(3)\n', 1, /process\.exit/],
  ['ends the process quietly', 'process.exit(0)\n', 1, /process\.exit/],
  [
    'waits for ever',
    'await new Promise(() => {})\nexport default 1\n',
    2,
    /never finishes loading: an await/,
  ],
])('a file that %s is reported with line and reason', async (_, text, line, reason) => {
  const root = temporaryProject({ [template('bad')]: text })
  const result = await inspect(root, 'bad')
  expect(result).toMatchObject({ file: template('bad'), line, code: 'WORKFLOW_INVALID' })
  expect((result as { reason: string }).reason).toMatch(reason)
})

test('an error in an imported helper is reported where it is', async () => {
  const root = temporaryProject({
    [template('a')]: `import '../../../lib/bad.ts'\n${workflowText('a')}`,
    'lib/bad.ts': "\n\nexport const x: number = JSON.parse('{')\n",
  })
  expect(await inspect(root, 'a')).toMatchObject({ file: 'lib/bad.ts', line: 3 })
})

test('an endless loop hurts nobody, and is not loaded again until the file changes', async () => {
  const root = temporaryProject({ [template('loop')]: 'for (;;) {}\n' })
  const first = await inspect(root, 'loop', { timeoutMs: 1500 })
  expect((first as { reason: string }).reason).toContain('endless loop')
  // With a limit that no load could keep only the catalog can answer the same.
  expect(await inspect(root, 'loop', { timeoutMs: 1 })).toEqual(first)
  put(root, template('loop'), workflowText('loop'))
  expect(await inspect(root, 'loop')).toMatchObject({ name: 'loop' })
})

test('a file that eats memory hurts nobody', async () => {
  const root = temporaryProject({
    [template('big')]: 'const x: unknown[] = []\nfor (;;) x.push(new Array(1e5).fill(x.length))\n',
  })
  const result = await inspect(root, 'big', { memoryMiB: 32 })
  expect((result as { reason: string }).reason).toContain('32 MiB')
})

test('an unchanged file is not parsed again, an edited helper makes another version', async () => {
  const root = temporaryProject({
    [template('a')]: `import { n } from '../../../lib/n.ts'\n${workflowText('a', 'return n')}`,
    'lib/n.ts': 'export const n = 1\n',
  })
  const first = await inspect(root, 'a')
  expect(await inspect(root, 'a', { timeoutMs: 0 })).toEqual(first)
  // Touched but equal: the content decides.
  put(root, 'lib/n.ts', 'export const n = 1\n')
  expect(await inspect(root, 'a', { timeoutMs: 0 })).toEqual(first)
  put(root, 'lib/n.ts', 'export const n = 2\n')
  const second = await inspect(root, 'a')
  expect(second).toMatchObject({ name: 'a' })
  expect((second as { contentHash: string }).contentHash).not.toBe(
    (first as { contentHash: string }).contentHash,
  )
})

test('a bundle that is gone from the cache is made again', async () => {
  const root = temporaryProject({ [template('a')]: workflowText('a') })
  const first = (await inspect(root, 'a')) as { contentHash: string }
  const bundle = join(projectPaths(root).cache, `${first.contentHash}.mjs`)
  rmSync(bundle)
  expect(await inspect(root, 'a')).toEqual(first)
  expect(existsSync(bundle)).toBe(true)
  expect(readFileSync(join(projectPaths(root).cache, '.gitignore'), 'utf8')).toBe('*\n')
  expect(readdirSync(projectPaths(root).cache).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('only TypeScript files that are no tests or declarations are templates', async () => {
  const root = temporaryProject({
    [template('b')]: '',
    [template('a')]: '',
    [template('a.test')]: '',
    [template('types.d')]: '',
    '.agent/workflows/templates/readme.md': '',
    '.agent/workflows/templates/folder.ts/notes.md': '',
  })
  expect(await listTemplates(projectPaths(root))).toEqual([template('a'), template('b')])
  expect(await listTemplates(projectPaths(temporaryProject()))).toEqual([])
})
