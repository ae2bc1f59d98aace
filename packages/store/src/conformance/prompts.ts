import { expect } from 'vitest'
import type { NewPrompt, PromptRow } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import type { Bench } from './Bench.ts'
import { group, refusal } from './suite.ts'

/** Prompts, their versions and labels. */
export function promptRules(backend: Backend): void {
  group(backend, 'prompts', (rule) => {
    rule('[ST74] the content of a prompt makes a version, its marks do not', async (open) => {
      const bench = await open()
      const first = await bench.store.registerPrompt(prompt(bench))
      expect(first).toMatchObject({
        isNew: true,
        prompt: {
          project_id: bench.projectId,
          name: 'reply',
          category: null,
          version: 1,
          system_prompt_text: 'Answer.',
          model_name: 'large',
          generation_config: { temperature: 0 },
          template_variables: ['lead'],
          output_schema: null,
          status: 'active',
          file_path: 'reply.md',
          content_hash: 'hash-1',
          parsed_at: bench.now,
          created_at: bench.now,
        },
      })
      bench.clock.ms += 1000
      const same = await bench.store.registerPrompt(
        prompt(bench, { category: 'sales', status: 'draft', contentHash: 'hash-2' }),
      )
      expect(same).toEqual({
        isNew: false,
        prompt: {
          ...first.prompt,
          category: 'sales',
          status: 'draft',
          content_hash: 'hash-2',
          parsed_at: bench.now,
          updated_at: bench.now,
        },
      })
      const changes: Partial<NewPrompt>[] = [
        { systemPromptText: 'Answer well.' },
        { modelName: null },
        { generationConfig: { temperature: 1 } },
        { templateVariables: ['lead', 'deal'] },
        { outputSchema: { type: 'object' } },
      ]
      for (const [index, change] of changes.entries()) {
        const next = await bench.store.registerPrompt(prompt(bench, change))
        expect(next).toMatchObject({
          isNew: true,
          prompt: { version: index + 2, category: 'sales', status: 'active' },
        })
      }
      const versions = await bench.store.listPromptVersions(bench.projectId, 'reply')
      expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6])
      expect(versions[0]).toEqual(same.prompt)
      await refusal(bench.store.registerPrompt(prompt(bench, { projectId: 'none' })), 'RECORD_NOT_FOUND')
    })

    rule('[ST74] versions that are made at once have numbers without gaps', async (open) => {
      const bench = await open()
      const made = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          bench.store.registerPrompt(prompt(bench, { systemPromptText: `Text ${i}` })),
        ),
      )
      const numbers = made.map(({ prompt: { version } }) => version)
      expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    })

    rule('[ST74] a change by hand follows the same rule', async (open) => {
      const bench = await open()
      const { prompt: first } = await bench.store.registerPrompt(prompt(bench))
      bench.clock.ms += 1000
      const marked = await bench.store.updatePrompt(first.id, {
        category: 'sales',
        status: 'archived',
        systemPromptText: 'Answer.',
      })
      expect(marked).toEqual({
        isNew: false,
        prompt: { ...first, category: 'sales', status: 'archived', updated_at: bench.now },
      })
      const texted = await bench.store.updatePrompt(first.id, { systemPromptText: 'Reply.' })
      expect(texted).toMatchObject({
        isNew: true,
        prompt: {
          version: 2,
          system_prompt_text: 'Reply.',
          model_name: 'large',
          category: 'sales',
          status: 'active',
          content_hash: 'hash-1',
        },
      })
      expect(await bench.store.getPrompt(first.id)).toEqual(marked.prompt)
      const older = await bench.store.updatePrompt(first.id, { outputSchema: { type: 'object' } })
      expect(older.prompt).toMatchObject({ version: 3, system_prompt_text: 'Answer.' })
      await refusal(bench.store.updatePrompt('none', { category: null }), 'RECORD_NOT_FOUND')
    })

    rule('[ST75] prompts are found by version and label, and listed once each', async (open) => {
      const bench = await open()
      const first = await bench.store.registerPrompt(prompt(bench, { category: 'sales' }))
      const second = await bench.store.registerPrompt(
        prompt(bench, { systemPromptText: 'Two.', status: 'draft' }),
      )
      const other = await bench.store.registerPrompt(
        prompt(bench, { name: 'score', systemPromptText: 'Score 100%.' }),
      )
      const find = (which?: { readonly version: number } | { readonly label: string }) =>
        bench.store.findPrompt(bench.projectId, 'reply', which)
      expect(await find()).toEqual(first.prompt)
      expect(await find({ version: 2 })).toEqual(second.prompt)
      expect([await find({ version: 3 }), await find({ label: 'production' })]).toEqual([null, null])
      expect(await bench.store.findPrompt(bench.projectId, 'none')).toBeNull()
      const label = { projectId: bench.projectId, name: 'reply', label: 'production', version: 2 }
      expect(await bench.store.setPromptLabel(label)).toMatchObject({
        prompt_id: second.prompt.id,
        version: 2,
      })
      expect(await find({ label: 'production' })).toEqual(second.prompt)
      bench.clock.ms += 1000
      const moved = await bench.store.setPromptLabel({ ...label, version: 1 })
      expect(moved).toMatchObject({ prompt_id: first.prompt.id, version: 1, updated_at: bench.now })
      await bench.store.setPromptLabel({ ...label, label: 'candidate' })
      const labels = await bench.store.listPromptLabels(bench.projectId, 'reply')
      expect(labels.map(({ label: text, version }) => [text, version])).toEqual([
        ['candidate', 2],
        ['production', 1],
      ])
      await bench.store.deletePromptLabel(bench.projectId, 'reply', 'candidate')
      expect(await bench.store.listPromptLabels(bench.projectId, 'reply')).toEqual([moved])
      await refusal(bench.store.deletePromptLabel(bench.projectId, 'reply', 'candidate'), 'RECORD_NOT_FOUND')
      await refusal(bench.store.setPromptLabel({ ...label, version: 9 }), 'RECORD_NOT_FOUND')

      const list = async (query: object): Promise<[string, number][]> =>
        (await bench.store.listPrompts(query)).items.map(({ name, version }): [string, number] => [
          name,
          version,
        ])
      expect(await list({ projectId: bench.projectId })).toEqual([
        ['reply', 2],
        ['score', 1],
      ])
      expect(await list({ status: 'active' })).toEqual([
        ['reply', 1],
        ['score', 1],
      ])
      expect([await list({ status: 'archived' }), await list({ projectId: 'none' })]).toEqual([[], []])
      expect([
        await list({ category: 'sales' }),
        await list({ q: '100%' }),
        await list({ q: 'answer' }),
      ]).toEqual([[['reply', 2]], [['score', 1]], [['reply', 1]]])
      const page = await bench.store.listPrompts({ limit: 1 })
      expect(page).toMatchObject({ total: 2, totalExact: true, items: [{ name: 'reply' }] })
      const rest = await bench.store.listPrompts({ limit: 1, after: page.next ?? '' })
      expect(rest).toMatchObject({ next: null, items: [other.prompt] satisfies PromptRow[] })
    })

    rule('[ST76] a prompt version that a node uses cannot be deleted', async (open) => {
      const bench = await open()
      const used = await bench.store.registerPrompt(prompt(bench))
      const unused = await bench.store.registerPrompt(prompt(bench, { systemPromptText: 'Two.' }))
      await bench.store.registerWorkflow({
        projectId: bench.projectId,
        name: 'build',
        description: '',
        filePath: null,
        config: {},
        source: '',
        bundle: '',
        contentHash: 'graph',
        lockHash: null,
        nodes: [{ nodeId: 'a', name: 'A', promptId: used.prompt.id }],
      })
      const error = await refusal(bench.store.deletePrompt(used.prompt.id), 'DEFINITION_IN_USE')
      expect(error.details).toMatchObject({ workflow: 'build', node: 'a' })
      const label = { projectId: bench.projectId, name: 'reply', label: 'candidate', version: 2 }
      await bench.store.setPromptLabel(label)
      await bench.store.deletePrompt(unused.prompt.id)
      await refusal(bench.store.getPrompt(unused.prompt.id), 'RECORD_NOT_FOUND')
      await refusal(bench.store.deletePrompt(unused.prompt.id), 'RECORD_NOT_FOUND')
      expect(await bench.store.listPromptLabels(bench.projectId, 'reply')).toEqual([])
      await bench.store.deleteProject(bench.projectId)
      expect((await bench.store.listPrompts({})).items).toEqual([])
    })
  })
}

function prompt(bench: Bench, more: Partial<NewPrompt> = {}): NewPrompt {
  return {
    projectId: bench.projectId,
    name: 'reply',
    systemPromptText: 'Answer.',
    modelName: 'large',
    generationConfig: { temperature: 0 },
    templateVariables: ['lead'],
    outputSchema: null,
    filePath: 'reply.md',
    contentHash: 'hash-1',
    ...more,
  }
}
