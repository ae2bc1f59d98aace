import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../src/config/loadConfig.ts'
import { chooseStore } from '../src/config/storeUrl.ts'
import { nearestName } from '../src/definitions/nearest.ts'
import { workflowNotFound } from '../src/definitions/notFound.ts'
import { findProjectRoot } from '../src/project/findProjectRoot.ts'
import { openProject } from '../src/project/openProject.ts'
import { migrateUp } from '../src/stores/migrations.ts'
import { temporaryProject } from './project.ts'

function withConfig(text: string, more: Record<string, string> = {}): string {
  return temporaryProject({ 'holdfast.config.ts': text, ...more })
}

test('a config may import files of the project and is checked', async () => {
  const root = withConfig(
    "import { defineConfig } from 'holdfast'\nimport { many } from './many.ts'\nexport default defineConfig({ store: 'sqlite:my.db', worker: { concurrency: many } })\n",
    { 'many.ts': 'export const many: number = 7\n' },
  )
  expect(await loadConfig(root)).toEqual({ store: 'sqlite:my.db', worker: { concurrency: 7 } })
  expect(await loadConfig(temporaryProject())).toEqual({})
})

test('[RT9] a store that is not up to date is refused where the config says so, until it is migrated', async () => {
  const projectPath = withConfig("export default { migrate: 'check' }")
  const place = { projectPath, env: {} }
  await expect(openProject(place)).rejects.toMatchObject({ code: 'STORE_OLDER' })
  expect(existsSync(join(projectPath, '.agent/holdfast.db'))).toBe(false)
  expect((await migrateUp(place)).version).toBe(0)
  await (await openProject(place)).close()

  const other = { projectPath: withConfig("export default { migrate: 'check' }"), env: {} }
  await (await openProject({ ...other, migrate: 'auto' })).close()
  await (await openProject(other)).close()
})

test('unknown options are named with the known ones', async () => {
  const failure = loadConfig(withConfig('export default { stroe: 1, worker: { size: 2 } }'))
  await expect(failure).rejects.toMatchObject({
    code: 'OPTION_UNKNOWN',
    details: { options: expect.arrayContaining(['stroe', 'worker.size']) },
  })
  await expect(failure).rejects.toThrow(
    /Known options: store, worker\.concurrency, worker\.workspaceGroup, models\.default, models\.providers, pricing, checkpoints\.keepDays, budgets\.tree, budgets\.day, breaker, artifacts\.maxBytes/,
  )
})

test.each([
  [
    'every wrong field is named',
    'export default { store: 5, worker: { concurrency: 0 } }',
    /store: .*; worker\.concurrency: /,
  ],
  [
    'a price that is none',
    'export default { pricing: { m: { input: -1, output: 1 } } }',
    /pricing\.m\.input: /,
  ],
  ['a config without a default export', 'export const x = 1', /the default export: /],
  ['a config that does not compile', 'export default {', /holdfast\.config\.ts:1 cannot be compiled/],
  ['a config that throws', "throw new Error('no luck')", /throws when it is loaded: Error: no luck/],
])('%s', async (_, text, message) => {
  const failure = loadConfig(withConfig(text))
  await expect(failure).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await expect(failure).rejects.toThrow(message)
})

test('the store: option, then HOLDFAST_STORE, then the config, then the default', () => {
  const config = { store: 'sqlite:config.db' }
  const env = { HOLDFAST_STORE: 'sqlite:/abs/env.db' }
  expect(chooseStore('/p', config, env, 'sqlite::memory:')).toEqual({
    url: 'sqlite::memory:',
    from: 'option',
  })
  expect(chooseStore('/p', config, env)).toEqual({ url: 'sqlite:/abs/env.db', from: 'HOLDFAST_STORE' })
  expect(chooseStore('/p', config, {})).toEqual({ url: 'sqlite:/p/config.db', from: 'holdfast.config.ts' })
  expect(chooseStore('/p', {}, { HOLDFAST_STORE: '' })).toEqual({
    url: 'sqlite:/p/.agent/holdfast.db',
    from: 'default',
  })
  expect(chooseStore('/p', { store: 'file:runs' }, {}).url).toBe('file:/p/runs')
  expect(chooseStore('/p', { store: 'file:/runs' }, {}).url).toBe('file:/runs')
  expect(chooseStore('/p', {}, { HOLDFAST_STORE: 'postgres://h/d' }).url).toBe('postgres://h/d')
})

test('the root is the nearest folder with workflows or a config, else the repository', () => {
  const root = temporaryProject(
    {
      'packages/a/.agent/workflows/templates/x.ts': '',
      'packages/a/src/deep/file.ts': '',
      'packages/b/file.ts': '',
    },
    { git: true },
  )
  expect(findProjectRoot(join(root, 'packages/a/src/deep'))).toBe(join(root, 'packages/a'))
  expect(findProjectRoot(join(root, 'packages/b'))).toBe(root)
  const bare = temporaryProject({ 'sub/file.txt': '' })
  expect(findProjectRoot(join(bare, 'sub'))).toBe(join(bare, 'sub'))
  expect(() => findProjectRoot(join(bare, 'gone'))).toThrow(/does not exist/)
})

test('the nearest name is found, far ones are not', () => {
  const known = ['simple-sdlc', 'hello', 'review']
  expect(nearestName('helo', known)).toBe('hello')
  expect(nearestName('simple', known)).toBe('simple-sdlc')
  expect(nearestName('Reviwe', known)).toBe('review')
  expect(nearestName('deploy', known)).toBe(null)
})

test('an unknown workflow lists the known ones, the nearest, and files that do not load', () => {
  const error = workflowNotFound(
    'helo',
    ['review', 'hello'],
    [{ file: 'x.ts', line: 3, column: 1, code: 'WORKFLOW_INVALID', reason: 'it throws' }],
  )
  expect(error.message).toBe(
    'No workflow is named "helo". Did you mean "hello"? Known workflows: hello, review.\n  x.ts:3 does not load: it throws.',
  )
  expect(workflowNotFound('a', []).message).toContain('holdfast init')
})
