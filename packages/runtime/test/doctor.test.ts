import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAgents } from '@holdfast/agents'
import { createHoldfast, doctor } from '../src/index.ts'
import { template, temporaryProject, workflowText } from './project.ts'

async function look(root: string, env = {}) {
  const checks = await doctor({ projectPath: root, env, agents: createAgents() })
  return new Map(checks.map((check) => [check.name, check]))
}

test('a project that is in order', async () => {
  const checks = await look(temporaryProject({ [template('a')]: workflowText('a') }, { git: true }))
  for (const name of ['node', 'git', 'repository', 'store', 'workflows']) {
    expect(checks.get(name), name).toMatchObject({ status: 'ok', remedy: null })
  }
  expect(checks.get('workflows')?.detail).toBe('1 found: a.')
  expect([...checks.keys()]).toContain('agent:claude')
})

test('a store in files with more runs than it is made for', async () => {
  const root = temporaryProject({ [template('a')]: workflowText('a') })
  const folder = join(root, 'runs')
  const holdfast = await createHoldfast({ projectPath: root, store: `file:${folder}` })
  const { id } = await holdfast.start('a', {}, { detached: true })
  await holdfast.close()
  const file = readFileSync(join(folder, id, 'run.json'), 'utf8')
  const journal = readFileSync(join(folder, id, 'events.jsonl'))
  for (let i = 0; i < 10_000; i++) {
    mkdirSync(join(folder, `copy-${i}`))
    writeFileSync(join(folder, `copy-${i}`, 'run.json'), file.replaceAll(id, `copy-${i}`))
    writeFileSync(join(folder, `copy-${i}`, 'events.jsonl'), journal)
  }
  const checks = await look(root, { HOLDFAST_STORE: `file:${folder}` })
  expect(checks.get('store')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('more than 10000 runs'),
    remedy: expect.stringContaining('sqlite:PATH'),
  })
})

test('no repository, no workflows, a broken template: each with what to do', async () => {
  const checks = await look(temporaryProject({ [template('bad')]: 'const = 1' }))
  expect(checks.get('repository')).toMatchObject({
    status: 'problem',
    remedy: expect.stringContaining('git init'),
  })
  expect(checks.get('workflows')).toMatchObject({ status: 'warning', remedy: 'Run: holdfast init' })
  expect(checks.get(`template:${template('bad')}`)).toMatchObject({ status: 'warning' })
})

test('a store that cannot be opened and a config that is wrong are problems, not crashes', async () => {
  const badStore = await look(temporaryProject(), { HOLDFAST_STORE: 'nosuch:thing' })
  expect(badStore.get('store')).toMatchObject({
    status: 'problem',
    detail: expect.stringContaining('STORE_URL_INVALID'),
  })
  const badConfig = await look(temporaryProject({ 'holdfast.config.ts': 'export default { nonsense: 1 }' }))
  expect(badConfig.get('config')).toMatchObject({
    status: 'problem',
    detail: expect.stringContaining('OPTION_UNKNOWN'),
  })
})
