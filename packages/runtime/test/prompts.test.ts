import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { startScriptedModel } from '@holdfast/agents/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { discoverPrompts, doctor } from '../src/index.ts'
import { Prompts } from '../src/prompts/Prompts.ts'
import { holdfastOn, storeWith } from './open.ts'
import { put, template, temporaryProject } from './project.ts'
import { workerProcess } from './support/workers.ts'

const KEY = 'sk-test-key-0123456789'
const REVIEW = '.agent/prompts/code/review.md'

const review = (text: string): string =>
  `---\nname: review\nmodel: house/small\nvariables: { file: string }\noutput: { ok: boolean }\n---\n${text}\n`

/** Every byte that Holdfast keeps about a project. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')
}

test('[RT40] a worker killed in the middle of a stream pays no finished prompt again, and its run goes on', async () => {
  const server = await startScriptedModel({
    keys: [KEY],
    script: {
      rules: [
        {
          when: 'Look at a.ts',
          steps: [
            { text: '{"ok":true}', usage: { input: 1000, output: 100, cacheRead: 500, reasoning: 40 } },
          ],
        },
        {
          when: 'and b',
          steps: [{ text: 'It is a rather long answer to a short question.', stall: 'middle' }],
        },
      ],
    },
  })
  onTestFinished(() => server.close())
  const root = temporaryProject(
    {
      'holdfast.config.ts': `import { defineConfig } from 'holdfast'
export default defineConfig({
  models: { providers: { house: { baseUrl: process.env.HOUSE_URL + '/v1', apiKey: process.env.HOUSE_KEY } } },
  pricing: { small: { input: 2, output: 10, cacheRead: 0.2 } },
})
`,
      [template('w')]: `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'w' }, async (ctx) => {
  const { output, promptVersion, costUsd, usage } = await ctx.prompt('look', 'review', { variables: { file: 'a.ts' } })
  const { text } = await ctx.prompt('more', { text: 'and b?' }, { model: 'house/small' })
  return { output, promptVersion, costUsd, usage, text }
})
`,
      [REVIEW]: review('Look at {{ file }}'),
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    },
    { git: true },
  )
  vi.stubEnv('HOUSE_URL', server.url)
  vi.stubEnv('HOUSE_KEY', KEY)
  onTestFinished(() => void vi.unstubAllEnvs())
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root)
  const run = await holdfast.start('w')
  await server.held('middle')
  await first.kill()
  server.release('middle')
  await workerProcess(root)
  expect(await run.output()).toEqual({
    output: { ok: true },
    promptVersion: 1,
    costUsd: 0.0031,
    usage: {
      inputTokens: 1000,
      outputTokens: 100,
      cachedReadTokens: 500,
      cachedWriteTokens: 0,
      reasoningTokens: 40,
      totalTokens: 1100,
    },
    text: 'It is a rather long answer to a short question.',
  })
  expect(server.calls.map((call) => call.rule)).toEqual(['Look at a.ts', 'and b', 'and b'])
  const usage = await holdfast.store.listLlmUsage({ runId: run.id })
  expect(
    usage.map((row) => [
      row.provider,
      row.model,
      row.cached_read_tokens,
      row.reasoning_tokens,
      row.price_source,
    ]),
  ).toEqual([
    ['house', 'small', 500, 40, 'config'],
    ['house', 'small', 0, 0, 'config'],
  ])
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  const notes = journal.flatMap((event) => (event.type === 'step.updated' ? [event.payload.note] : []))
  expect(notes.filter((note) => note?.includes('what it used is not known'))).toHaveLength(1)
  await holdfast.close()
  const kept = everythingIn(join(root, '.agent'))
  expect(kept).toContain('rather long answer')
  expect(kept).not.toContain(KEY)
})

test('[RT41] prompt files are found, versioned by their content and labelled; a wrong one is told with its line', async () => {
  const root = temporaryProject({
    [REVIEW]: review('One {{ file }}'),
    '.agent/prompts/plain.md': 'Just say {{ what }}',
    '.agent/prompts/draft.md': '---\nstatus: draft\n---\nNot yet',
    '.agent/prompts/broken.md': '---\nmodel: nothing\n---\nx',
    '.agent/prompts/twice.md': '---\nname: plain\n---\nx',
    '.agent/prompts/schema.md': '---\noutput: { type: object, properties: { a: { type: wat } } }\n---\nx',
    '.agent/prompts/notes.txt': 'no prompt',
    'outside.txt': 'x',
  })
  symlinkSync('/etc/hostname', join(root, '.agent/prompts/link.md'))
  const { store, project } = await storeWith(root)
  const prompts = new Prompts(store)
  const found = await discoverPrompts(store, project)
  expect(found.prompts.map(({ name, version, isNew }) => [name, version, isNew])).toEqual([
    ['review', 1, true],
    ['draft', 1, true],
    ['plain', 1, true],
  ])
  expect(
    found.problems.map(({ file, line, reason }) => [
      file.slice('.agent/prompts/'.length),
      line,
      reason.slice(0, 30),
    ]),
  ).toEqual([
    ['broken.md', 2, 'model must be written as provi'],
    ['link.md', null, 'it is a link out of the projec'],
    ['schema.md', null, 'output cannot be checked: Unsu'],
    ['twice.md', 1, 'it names its prompt "plain", a'],
  ])
  const one = await prompts.find(project, 'review')
  expect([one.version, await prompts.render(one, { file: 'a' })]).toEqual([1, 'One a'])
  await store.setPromptLabel({ projectId: project.id, name: 'review', label: 'production', version: 1 })
  put(root, REVIEW, review('Two {{ file }}'))
  expect((await prompts.find(project, 'review')).version).toBe(2)
  expect((await prompts.find(project, 'review@production')).version).toBe(1)
  expect((await prompts.find(project, 'review@2')).text).toBe('Two {{ file }}')
  expect((await discoverPrompts(store, project)).prompts.some((prompt) => prompt.isNew)).toBe(false)
  // A version that is meant by number or label was read when its file was right.
  put(root, REVIEW, '---\nname: review\nheat: 1\n---\nx')
  await expect(prompts.find(project, 'review')).rejects.toMatchObject({
    code: 'PROMPT_INVALID',
    details: { line: 3 },
  })
  expect((await prompts.find(project, 'review@1')).version).toBe(1)
  await expect(prompts.find(project, 'draft')).rejects.toMatchObject({ code: 'PROMPT_NOT_FOUND' })
  expect((await prompts.find(project, 'draft@1')).text).toBe('Not yet')
  await expect(prompts.find(project, 'reviw')).rejects.toThrow('Did you mean review?')
  await expect(prompts.find(project, 'review@beta')).rejects.toThrow('the labels production')
})

test('[RT42] doctor names keys that are missing, and prompt files that are wrong', async () => {
  const root = temporaryProject(
    {
      '.agent/prompts/a.md': '---\nmodel: anthropic/claude-sonnet-4-5\n---\nx',
      '.agent/prompts/b.md': '---\nheat: 1\n---\nx',
    },
    { git: true },
  )
  const checks = await doctor({
    projectPath: root,
    env: { OPENAI_API_KEY: KEY },
    agents: { get: () => undefined as never, list: () => [] },
  })
  const of = (name: string) => checks.find((check) => check.name === name)
  expect(of('models:anthropic')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('ANTHROPIC_API_KEY is not set'),
  })
  expect(of('models:openai')).toMatchObject({ status: 'ok' })
  expect(of('models:google')).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('Nothing that is known here'),
  })
  expect(of('prompt:.agent/prompts/b.md')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('b.md:2 "heat" is not known'),
  })
  expect(JSON.stringify(checks)).not.toContain(KEY)
})
