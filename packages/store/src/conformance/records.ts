import { expect } from 'vitest'
import type { Backend } from './Backend.ts'
import { completed, runCompleted, started } from './events.ts'
import { group, refusal } from './suite.ts'

/** Logs, definitions, sessions and lists. */
export function recordRules(backend: Backend): void {
  group(backend, 'records', (rule) => {
    rule('[ST40] log lines are numbered per step, or per run', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, started('a', 1))
      const step = `${run.id}.3.0`
      const line = (message: string, step_id: string | null, level: 'info' | 'warn' = 'info') => ({
        run_id: run.id,
        step_id,
        level,
        message,
        data: { message },
      })
      await Promise.all([
        bench.store.appendWorkflowLog([
          line('run 1', null),
          line('step 1', step),
          line('step 2', step, 'warn'),
        ]),
        bench.store.appendWorkflowLog([line('run 2', null), line('step 3', step)]),
      ])
      await bench.store.appendWorkflowLog([
        line('no such step', 'nowhere'),
        { ...line('no such run', null), run_id: 'nobody' },
      ])
      await bench.store.appendWorkflowLog([])
      const read = async (query: object): Promise<[number, string][]> =>
        (await bench.store.listWorkflowLogs({ runId: run.id, ...query })).map(({ sequence, message }) => [
          sequence,
          message,
        ])
      expect(await read({ stepId: step })).toEqual([
        [1, 'step 1'],
        [2, 'step 2'],
        [3, 'step 3'],
      ])
      expect(await read({ stepId: null })).toEqual([
        [1, 'run 1'],
        [2, 'run 2'],
        [3, 'no such step'],
      ])
      expect(await read({ stepId: step, afterSequence: 1, limit: 1 })).toEqual([[2, 'step 2']])
      expect(await read({ level: 'warn' })).toEqual([[2, 'step 2']])
      expect(await read({})).toHaveLength(6)
      expect((await bench.store.listWorkflowLogs({ runId: run.id, stepId: step }))[0]?.data).toEqual({
        message: 'step 1',
      })
    })

    rule('[ST41] a new content makes a version, a known one becomes the current one again', async (open) => {
      const bench = await open()
      const content = (hash: string) => ({
        projectId: bench.projectId,
        name: 'build',
        description: `as ${hash}`,
        filePath: null,
        config: { hash },
        source: hash,
        bundle: hash,
        contentHash: hash,
        lockHash: 'lock',
      })
      bench.clock.ms += 1000
      const second = await bench.store.registerWorkflow(content('hash-2'))
      expect(second).toMatchObject({
        isNew: true,
        version: { version: 2, bundle: 'hash-2', config: { hash: 'hash-2' } },
      })
      expect(second.definition).toMatchObject({
        version: 2,
        content_hash: 'hash-2',
        is_active: true,
        id: bench.workflowId,
      })
      const back = await bench.store.registerWorkflow(content('hash-1'))
      expect(back).toMatchObject({
        isNew: false,
        version: { version: 1, bundle: 'bundle 1' },
        definition: { version: 1 },
      })
      const versions = await bench.store.listWorkflowVersions(bench.workflowId)
      expect(versions.map(({ version }) => version)).toEqual([1, 2])
      expect(await bench.store.getWorkflowVersion(bench.workflowId, 2)).toMatchObject({ source: 'hash-2' })
      await refusal(bench.store.getWorkflowVersion(bench.workflowId, 3), 'RECORD_NOT_FOUND')
      await refusal(bench.store.registerWorkflow({ ...content('x'), projectId: 'none' }), 'RECORD_NOT_FOUND')
      const off = await bench.store.updateWorkflow(bench.workflowId, { isActive: false })
      expect(off).toMatchObject({ is_active: false, description: 'as hash-1' })
      expect(await bench.store.listWorkflows({ projectId: bench.projectId, isActive: true })).toEqual([])
      expect(await bench.store.listWorkflows({ isActive: false })).toEqual([off])
      expect(await bench.store.findWorkflow(bench.projectId, 'build')).toEqual(off)
      expect(await bench.store.findWorkflow(bench.projectId, 'other')).toBeNull()
      await refusal(bench.store.updateWorkflow('none', {}), 'RECORD_NOT_FOUND')
    })

    rule('[ST42] projects and sessions are made once', async (open) => {
      const bench = await open()
      bench.clock.ms += 1000
      const same = await bench.store.ensureProject({ name: 'shop', path: '/projects/shop' })
      expect(same).toMatchObject({ id: bench.projectId, updated_at: '2026-01-01T00:00:00.000Z' })
      const renamed = await bench.store.ensureProject({ name: 'store', path: '/projects/shop' })
      expect(renamed).toMatchObject({ id: bench.projectId, name: 'store', updated_at: bench.now })
      expect(await bench.store.listProjects()).toEqual([renamed])
      expect(await bench.store.getProject(bench.projectId)).toEqual(renamed)
      await refusal(bench.store.getProject('none'), 'RECORD_NOT_FOUND')
      const ask = { projectId: bench.projectId, name: 'chat', agentName: 'claude' }
      const [one, two] = await Promise.all([bench.store.ensureSession(ask), bench.store.ensureSession(ask)])
      expect(two).toEqual(one)
      expect(one).toMatchObject({ name: 'chat', agent_name: 'claude', project_id: bench.projectId })
      await refusal(bench.store.ensureSession({ ...ask, projectId: 'none' }), 'RECORD_NOT_FOUND')
    })

    rule('[ST45] runs are listed by page, filtered and sorted', async (open) => {
      const bench = await open()
      const ids: string[] = []
      for (let i = 0; i < 5; i++) {
        bench.clock.ms += 1000
        const run = await bench.startRun({ triggeringObjectId: `lead-${i % 2}` })
        ids.push(run.id)
        if (i < 2) await bench.append(run, runCompleted())
      }
      const page = await bench.store.listWorkflowRuns({ limit: 2, page: 2 })
      expect(page).toMatchObject({ page: 2, limit: 2, total: 5, totalExact: true })
      expect(page.items.map(({ id }) => id)).toEqual([ids[2], ids[1]])
      const list = async (query: object): Promise<string[]> =>
        (await bench.store.listWorkflowRuns(query)).items.map(({ id }) => id)
      expect(await list({ sort: 'created_at', status: 'completed' })).toEqual(ids.slice(0, 2))
      expect(
        await list({ sort: 'started_at', status: ['completed', 'running'], triggeringObjectId: 'lead-1' }),
      ).toEqual([ids[1], ids[3]])
      expect(
        await list({
          sort: '-started_at',
          limit: 1,
          projectId: bench.projectId,
          workflowId: bench.workflowId,
          workflowName: 'build',
        }),
      ).toEqual([ids[4]])
      for (const none of [{ branch: 'x' }, { sessionId: 'x' }, { parentRunId: 'x' }, { projectId: 'x' }])
        expect(await list(none)).toEqual([])
      await refusal(bench.store.getWorkflowStep('none'), 'RECORD_NOT_FOUND')
      const last = { id: ids[4] ?? '', token: 'x' }
      await refusal(bench.append(last, started('a', 1), completed('a')), 'OWNERSHIP_LOST')
    })
  })
}
