import { expect } from 'vitest'
import type { NewDefinition, NewTrigger } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import type { Bench } from './Bench.ts'
import { group, refusal } from './suite.ts'

/** Triggers, schedules and nodes of workflows; projects and sessions. */
export function definitionRules(backend: Backend): void {
  group(backend, 'definitions', (rule) => {
    rule('[ST70] the triggers of a definition follow it, those of people stay', async (open) => {
      const bench = await open()
      const lead: NewTrigger = { kind: 'event', event: 'lead.created', when: 'event.data.score > 80' }
      const nightly: NewTrigger = { kind: 'cron', cron: '0 3 * * *' }
      const first = await bench.store.registerWorkflow(
        definition(bench, { triggers: [nightly, lead, { kind: 'webhook' }] }),
      )
      expect(first.definition.trigger_event).toBe('lead.created')
      const before = await bench.store.listTriggers({ workflowId: bench.workflowId })
      expect(before.map(({ kind, origin }) => `${origin} ${kind}`).toSorted()).toEqual([
        'definition cron',
        'definition event',
        'definition webhook',
      ])
      expect(before.find(({ kind }) => kind === 'event')).toMatchObject({
        event_name: 'lead.created',
        condition: 'event.data.score > 80',
        is_active: true,
        created_at: bench.now,
      })
      expect(before.find(({ kind }) => kind === 'cron')).toMatchObject({
        cron: '0 3 * * *',
        time_zone: 'UTC',
      })
      const cron = before.find(({ kind }) => kind === 'cron')?.id ?? ''
      await bench.store.updateTrigger(cron, { isActive: false })
      const own = await bench.store.createTrigger(bench.workflowId, { kind: 'event', event: 'deal.won' })
      bench.clock.ms += 1000
      const second = await bench.store.registerWorkflow(
        definition(bench, { contentHash: 'hash-3', triggers: [{ ...lead, when: 'true' }, nightly] }),
      )
      expect(second.definition.trigger_event).toBe('lead.created')
      const after = await bench.store.listTriggers({ workflowId: bench.workflowId })
      expect(after.find(({ kind }) => kind === 'cron')).toMatchObject({ id: cron, is_active: false })
      expect(after.find(({ id }) => id === own.id)).toMatchObject({
        origin: 'person',
        event_name: 'deal.won',
      })
      expect(after.filter(({ origin, kind }) => origin === 'definition' && kind === 'event')).toMatchObject([
        { condition: 'true' },
      ])
      expect(after).toHaveLength(3)
      const none = await bench.store.registerWorkflow(definition(bench, { contentHash: 'hash-3' }))
      expect(none).toMatchObject({ isNew: false, definition: { trigger_event: null } })
      expect(await bench.store.listTriggers({ workflowId: bench.workflowId })).toMatchObject([{ id: own.id }])
    })

    rule('[ST71] triggers are found by event and switched off', async (open) => {
      const bench = await open()
      await bench.store.registerWorkflow(definition(bench, { triggers: [{ kind: 'event', event: 'a' }] }))
      const own = await bench.store.createTrigger(bench.workflowId, { kind: 'webhook', when: 'true' })
      expect(own).toMatchObject({ kind: 'webhook', origin: 'person', condition: 'true', event_name: null })
      expect(await bench.store.getTrigger(own.id)).toEqual(own)
      const find = async (query: object): Promise<number> => (await bench.store.listTriggers(query)).length
      expect(await find({ event: 'a', projectId: bench.projectId, isActive: true })).toBe(1)
      expect([await find({ event: 'b' }), await find({ projectId: 'none' })]).toEqual([0, 0])
      expect([await find({ kind: 'webhook' }), await find({ kind: 'cron' })]).toEqual([1, 0])
      const off = await bench.store.updateTrigger(own.id, { isActive: false })
      expect(off).toEqual({ ...own, is_active: false, updated_at: bench.now })
      expect([await find({ isActive: true }), await find({ isActive: false })]).toEqual([1, 1])
      await bench.store.updateWorkflow(bench.workflowId, { isActive: false })
      expect([await find({ isActive: true }), await find({ isActive: false })]).toEqual([0, 2])
      const [theirs] = await bench.store.listTriggers({ kind: 'event' })
      await refusal(bench.store.deleteTrigger(theirs?.id ?? ''), 'DEFINITION_IN_USE')
      await bench.store.deleteTrigger(own.id)
      await refusal(bench.store.getTrigger(own.id), 'RECORD_NOT_FOUND')
      await refusal(bench.store.updateTrigger(own.id, { isActive: true }), 'RECORD_NOT_FOUND')
      await refusal(bench.store.deleteTrigger(own.id), 'RECORD_NOT_FOUND')
      await refusal(bench.store.createTrigger('none', { kind: 'webhook' }), 'RECORD_NOT_FOUND')
    })

    rule('[ST72] a schedule is planned by one of several', async (open) => {
      const bench = await open()
      const trigger = await bench.store.createTrigger(bench.workflowId, {
        kind: 'cron',
        cron: '0 * * * *',
        timeZone: 'Europe/Berlin',
      })
      expect(trigger).toMatchObject({ cron: '0 * * * *', time_zone: 'Europe/Berlin' })
      const due = (dueAt = bench.now) => bench.store.listSchedules({ dueAt })
      const [schedule] = await due()
      expect(schedule).toMatchObject({
        trigger_id: trigger.id,
        workflow_id: bench.workflowId,
        next_at: null,
        last_at: null,
        last_run_id: null,
      })
      const id = schedule?.id ?? ''
      const nextAt = '2026-01-01T01:00:00.000Z'
      const plan = (seenNextAt: string | null, next: string | null, more: object = {}) =>
        bench.store.planSchedule({ id, seenNextAt, nextAt: next, ...more })
      const won = await Promise.all([plan(null, nextAt), plan(null, nextAt), plan(null, nextAt)])
      expect(won.filter((one) => one)).toHaveLength(1)
      expect(await due()).toEqual([])
      expect(await due(nextAt)).toMatchObject([{ id, next_at: nextAt, last_at: null }])
      const later = '2026-01-01T02:00:00.000Z'
      expect(await plan(later, later)).toBe(false)
      expect(await plan(nextAt, later, { runId: 'run-1' })).toBe(true)
      expect(await bench.store.listSchedules({ workflowId: bench.workflowId })).toMatchObject([
        { next_at: later, last_at: nextAt, last_run_id: 'run-1' },
      ])
      await bench.store.updateTrigger(trigger.id, { isActive: false })
      expect(await due(later)).toEqual([])
      await bench.store.updateTrigger(trigger.id, { isActive: true })
      await bench.store.updateWorkflow(bench.workflowId, { isActive: false })
      expect(await due(later)).toEqual([])
      await bench.store.deleteTrigger(trigger.id)
      expect(await bench.store.listSchedules({})).toEqual([])
      expect(await plan(later, null)).toBe(false)
    })

    rule('[ST73] nodes are kept with their version', async (open) => {
      const bench = await open()
      const { prompt } = await bench.store.registerPrompt({
        projectId: bench.projectId,
        name: 'lead-score',
        systemPromptText: 'Score.',
        modelName: null,
        generationConfig: null,
        templateVariables: null,
        outputSchema: null,
        filePath: null,
        contentHash: 'p',
      })
      const nodes = [
        { nodeId: 'score', name: 'Score', promptId: prompt.id, conditionRules: { all: [] } },
        { nodeId: 'update', name: 'Update', stepType: 'update-record', stepConfig: { field: 'a' } },
        { nodeId: 'tell', name: 'Tell', stepType: 'SEND_NOTIFICATION', delayMinutes: 10 },
        { nodeId: 'mail', name: 'Mail', stepType: 'Email' },
        { nodeId: 'own', name: 'Own', stepType: 'crm-sync' },
      ]
      const graph = definition(bench, { contentHash: 'graph-1', nodes })
      const { version } = await bench.store.registerWorkflow(graph)
      const rows = await bench.store.listWorkflowNodes({ workflowId: bench.workflowId })
      expect(rows.map(({ node_id, step_type }) => `${node_id} ${step_type}`)).toEqual([
        'score AI_PROMPT',
        'update UPDATE_CRM_FIELD',
        'tell SEND_NOTIFICATION',
        'mail SEND_EMAIL',
        'own CRM_SYNC',
      ])
      expect(rows[0]).toMatchObject({
        workflow_id: bench.workflowId,
        version_id: version.id,
        step_order: 1,
        prompt_id: prompt.id,
        step_config: null,
        condition_rules: { all: [] },
        delay_minutes: 0,
      })
      expect(rows[1]).toMatchObject({ step_order: 2, step_config: { field: 'a' }, prompt_id: null })
      expect(rows[2]?.delay_minutes).toBe(10)
      expect(await bench.store.getWorkflowNode(rows[1]?.id ?? '')).toEqual(rows[1])
      await bench.store.registerWorkflow({ ...graph, nodes: [] })
      expect(await bench.store.listWorkflowNodes({ workflowId: bench.workflowId })).toEqual(rows)
      await bench.store.registerWorkflow({ ...graph, contentHash: 'graph-2', nodes: nodes.slice(1) })
      const of = (version?: number) =>
        bench.store.listWorkflowNodes({
          workflowId: bench.workflowId,
          ...(version === undefined ? {} : { version }),
        })
      expect([await of(), await of(2), await of(1)].map((list) => list.length)).toEqual([4, 5, 0])
      await refusal(of(9), 'RECORD_NOT_FOUND')
      await refusal(bench.store.listWorkflowNodes({ workflowId: 'none' }), 'RECORD_NOT_FOUND')
      await refusal(bench.store.getWorkflowNode('none'), 'RECORD_NOT_FOUND')
      const bad = (more: Partial<NewDefinition>) =>
        bench.store.registerWorkflow({ ...graph, contentHash: 'graph-3', ...more })
      await refusal(bad({ nodes: [...nodes, { nodeId: 'own', name: 'Twice' }] }), 'RECORD_CONFLICT')
      await refusal(bad({ nodes: [{ nodeId: 'x', name: 'x', promptId: 'none' }] }), 'RECORD_NOT_FOUND')
      expect(await bench.store.listWorkflowVersions(bench.workflowId)).toHaveLength(3)
      expect((await bench.store.getWorkflow(bench.workflowId)).version).toBe(3)
    })

    rule('[ST77] sessions are listed newest first', async (open) => {
      const bench = await open()
      const ids: string[] = []
      for (const name of ['one', 'two', 'three']) {
        bench.clock.ms += 1000
        const agentName = name === 'two' ? 'codex' : 'claude'
        const session = await bench.store.ensureSession({ projectId: bench.projectId, name, agentName })
        ids.unshift(session.id)
        expect(await bench.store.getSession(session.id)).toEqual(session)
      }
      const list = await bench.store.listSessions({ projectId: bench.projectId, limit: 2 })
      expect(list.items.map(({ id }) => id)).toEqual(ids.slice(0, 2))
      expect(list).toMatchObject({ total: 3, totalExact: true, page: 1, limit: 2 })
      const rest = await bench.store.listSessions({ limit: 2, after: list.next ?? '' })
      expect(rest.items.map(({ id }) => id)).toEqual(ids.slice(2))
      expect(rest.next).toBeNull()
      const codex = await bench.store.listSessions({ agentName: 'codex' })
      expect(codex.items.map(({ name }) => name)).toEqual(['two'])
      expect((await bench.store.listSessions({ projectId: 'none' })).items).toEqual([])
      await refusal(bench.store.getSession('none'), 'RECORD_NOT_FOUND')
    })

    rule('[ST77] a project is renamed, a workflow found by a part of its texts', async (open) => {
      const bench = await open()
      bench.clock.ms += 1000
      const renamed = await bench.store.updateProject(bench.projectId, { name: 'mall' })
      expect(renamed).toMatchObject({ name: 'mall', path: '/projects/shop', updated_at: bench.now })
      await refusal(bench.store.updateProject('none', { name: 'x' }), 'RECORD_NOT_FOUND')
      await bench.store.registerWorkflow(definition(bench, { name: 'a_b', description: '100% sure' }))
      const find = async (q: string): Promise<string[]> =>
        (await bench.store.listWorkflows({ projectId: bench.projectId, q })).map(({ name }) => name)
      expect(await find('BUIL')).toEqual(['build'])
      expect([await find('a_'), await find('0% S'), await find('%'), await find('\\')]).toEqual([
        ['a_b'],
        ['a_b'],
        ['a_b'],
        [],
      ])
      expect(await find('_x')).toEqual([])
    })
  })
}

function definition(bench: Bench, more: Partial<NewDefinition>): NewDefinition {
  return {
    projectId: bench.projectId,
    name: 'build',
    description: 'Builds',
    filePath: null,
    config: {},
    source: 'source',
    bundle: 'bundle',
    contentHash: 'hash-2',
    lockHash: null,
    ...more,
  }
}
