import { expect, test } from 'vitest'
import { createAgents } from '@holdfast/agents'
import { doctor } from '../src/index.ts'
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
