import { readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { ApiError, ROUTES, type Route } from '@holdfast/api'
import { beforeAll, describe, expect, test } from 'vitest'
import { serveProject, TOUR, until, type Loose, type World } from './world.ts'

let world: World
/** Answers by operation: each is checked against its schema at the end. */
const seen = new Map<string, unknown>()
let run: string
let workflow: string

/** Calls an operation and remembers its answer. */
async function call(name: keyof typeof ROUTES, options?: object): Promise<Loose> {
  const answer = await (world.client[name] as (options?: object) => Promise<unknown>)(options)
  seen.set(name, answer)
  return answer
}

beforeAll(async () => {
  world = await serveProject({ tour: TOUR })
})

describe('the routes', () => {
  test('[SV1] [SV5] lead a run from its start over a question to its end', async () => {
    expect(await call('getHealth')).toEqual({ status: 'ok', version: '0' })
    await call('getReadiness')
    const { items } = await call('listWorkflows', { query: { q: 'tour' } })
    workflow = items[0].id
    const params = { id: workflow }
    expect(await call('getWorkflow', { params })).toMatchObject({ name: 'tour', steps: [] })
    await call('listWorkflowVersions', { params })
    expect(await call('getWorkflowVersion', { params: { id: workflow, n: 1 } })).not.toHaveProperty('bundle')
    await call('listWorkflowNodes', { params })
    const body = { projectId: world.holdfast.project.id, input: { topic: 'boats' }, idempotencyKey: 'once' }
    const started = await call('startExecution', { params, body })
    expect(await world.client.startExecution({ params, body })).toMatchObject({ id: started.id })
    const { idempotencyKey: _, ...plain } = body
    const again = world.client.startExecution({
      params,
      body: { ...plain, input: { topic: 'cars' } },
      headers: { 'idempotency-key': 'once' },
    })
    await expect(again).rejects.toMatchObject({ status: 409, code: 'IDEMPOTENCY_KEY_REUSED' })
    run = started.id
    await until(world, run, (status) => status === 'waiting')

    const [question] = (await call('listApprovals', { query: { status: 'OPEN' } as never })).items
    expect(await call('getApproval', { params: { id: question.id } })).toMatchObject({ title: 'Go on?' })
    await call('answerApproval', { params: { id: question.id }, body: { approved: true, revision: 1 } })
    await until(world, run, (status) => status === 'completed')
    const twice = world.client.answerApproval({ params: { id: question.id }, body: { approved: false } })
    await expect(twice).rejects.toMatchObject({ status: 409 })
  })

  test('[SV1] show what the run left behind', async () => {
    const params = { id: run }
    const shown = await call('getExecution', { params })
    expect(shown).toMatchObject({ status: 'completed', output: { title: 'boats', approved: true } })
    expect(shown.current_step.name).toBe('after')
    const query = { status: 'COMPLETED,failed', workflow_id: workflow, limit: 5 } as never
    expect((await call('listExecutions', { query })).items[0].current_step.name).toBe('after')
    expect((await call('listSteps', { params })).items.map((step: Loose) => step.name)).toEqual([
      'plan',
      'after',
    ])
    const events = await call('listEvents', { params, query: { limit: 3 } })
    expect(events.items.map((event: Loose) => event.sequence)).toEqual([1, 2, 3])
    const rest = await world.client.listEvents({ params, query: { after: events.next } })
    expect(rest.items[0]?.sequence).toBe(4)
    expect(rest.next).toBeNull()
    await world.holdfast.flushLogs()
    const logs = await call('listLogs', { params, query: { level: 'WARN' } as never })
    expect(logs.items.map((line: Loose) => line.message)).toEqual(['about to ask'])
    const [first] = shown.steps
    const lines = await world.client.listLogs({ params, query: { stepId: first.id } })
    expect(lines.items[0]).toMatchObject({ message: 'planning', data: { topic: 'boats' } })
    expect(await (await call('downloadLogs', { params })).text()).toContain('planning')
    expect((await call('listComments', { params })).items[0].message).toBe('Planned')
    expect((await call('listArtifacts', { params, query: { type: 'document' } })).total).toBe(1)
    for (const name of ['listAgentSessions', 'listMessages', 'listModelCalls'] as const)
      await call(name, { params })
    await call('sumUsage', { query: { groupBy: 'workflow' } })
    await call('listSessions')
    const attempts = await call('listExecutionLogs', { query: { runId: run, status: 'success' } as never })
    expect(attempts.items).toHaveLength(2)
  })

  test('[SV1] act on runs', async () => {
    const start = async (): Promise<string> =>
      (
        await world.client.startExecution({
          params: { id: workflow },
          body: { input: { topic: 'x' }, sessionName: 'chat' },
        })
      ).id
    const ids = [await start(), await start()]
    for (const id of ids) await until(world, id, (status) => status === 'waiting')
    const [first, second] = ids.map((id) => ({ id })) as [{ id: string }, { id: string }]
    await call('sendEvent', { params: first, body: { name: 'hello', data: { a: 1 } } })
    await call('raiseBudget', { params: first, body: { usd: 1 } })
    await call('resumeExecution', { params: first, body: {} })
    await call('cancelExecution', { params: first })
    await until(world, first.id, (status) => status === 'cancelled')
    expect((await call('killExecution', { params: second })).status).toBe('killed')
    const late = world.client.cancelExecution({ params: second })
    await expect(late).rejects.toMatchObject({ status: 409, code: 'RUN_FINISHED' })
    const { session_id } = await world.client.getExecution({ params: first })
    await call('getSession', { params: { id: session_id } })
    await call('listSessionMessages', { params: { id: session_id } })

    const plan = await call('getPlan', { params: { id: run }, query: { action: 'fork', fromStep: 'after' } })
    expect(plan.firstLive.name).toBe('after')
    const forked = await call('forkExecution', {
      params: { id: run },
      body: { fromStep: 'after', planId: plan.planId },
    })
    await until(world, forked.id, (status) => status === 'completed')
    await call('deleteExecution', { params: { id: forked.id } })
    const gone = world.client.getExecution({ params: { id: forked.id } })
    await expect(gone).rejects.toBeInstanceOf(ApiError)
  })

  test('[SV1] keep projects and workflows', async () => {
    const [project] = (await call('listProjects')).items
    await call('getProject', { params: { id: project.id } })
    await call('updateProject', { params: { id: project.id }, body: { name: 'Renamed' } })
    const own = world.client.deleteProject({ params: { id: project.id } })
    await expect(own).rejects.toMatchObject({ status: 409, code: 'RECORD_CONFLICT' })
    const other = await call('createProject', { body: { path: join(world.root, '.agent') } })
    await call('deleteProject', { params: { id: other.id } })
    const params = { id: workflow }
    expect((await call('updateWorkflow', { params, body: { is_active: false } })).is_active).toBe(false)
    const off = world.client.startExecution({ params, body: { input: { topic: 'x' } } })
    await expect(off).rejects.toMatchObject({ status: 409, code: 'WORKFLOW_INACTIVE' })
    await world.client.updateWorkflow({ params, body: { is_active: true } })
    const used = world.client.deleteWorkflow({ params })
    await expect(used).rejects.toMatchObject({ status: 409, code: 'DEFINITION_IN_USE' })
  })

  test('[SV1] answer what their schemas say', () => {
    const answered = Object.entries(ROUTES as Readonly<Record<string, Route>>).filter(
      ([, route]) => route.answer !== null && route.answer !== 'file',
    )
    // Agent sessions need an agent; their shape is that of the list.
    const missing = answered.map(([name]) => name).filter((name) => !seen.has(name))
    expect(missing).toEqual(['getAgentSession'])
    for (const [name, { answer }] of answered) {
      if (typeof answer !== 'object' || !seen.has(name)) continue
      expect(answer!.safeParse(seen.get(name)).error, name).toBeUndefined()
    }
  })
})

describe('requests', () => {
  test('[SV2] [SV7] are refused in one shape, with every field and the id of the request', async () => {
    const answer = await world.fetch(`/api/workflows/${workflow}/execute`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'mine-1' },
      body: JSON.stringify({ priority: 'high', nonsense: 1 }),
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-request-id')).toBe('mine-1')
    const { error } = (await answer.json()) as { error: Loose }
    expect(error).toMatchObject({
      code: 'REQUEST_INVALID',
      requestId: 'mine-1',
      docs: 'docs/errors/REQUEST_INVALID.md',
    })
    expect(error.details.issues.map((issue: Loose) => issue.field)).toEqual([
      'body.priority',
      'body.nonsense',
    ])
    expect(world.log).toContainEqual(
      expect.objectContaining({ reqId: 'mine-1', status: 400, method: 'POST' }),
    )

    const input = await world.fetch(`/api/workflows/${workflow}/execute`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"input":{}}',
    })
    expect(input.status).toBe(400)
    expect(((await input.json()) as Loose).error).toMatchObject({ code: 'INPUT_INVALID' })
    for (const [path, init, status, code] of [
      ['/api/nothing', {}, 404, 'ROUTE_NOT_FOUND'],
      ['/api/executions/%zz', {}, 400, 'REQUEST_INVALID'],
      ['/api/executions', { method: 'POST', body: 'a=b' }, 404, 'ROUTE_NOT_FOUND'],
      [
        '/api/projects',
        { method: 'POST', body: 'a=b', headers: { 'content-type': 'text/plain' } },
        400,
        'REQUEST_INVALID',
      ],
      [
        '/api/projects',
        { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
        400,
        'REQUEST_INVALID',
      ],
      [
        '/api/projects',
        { method: 'POST', body: `"${'x'.repeat(9e6)}"`, headers: { 'content-type': 'application/json' } },
        413,
        'REQUEST_TOO_LARGE',
      ],
    ] as const) {
      const refused = await world.fetch(path, init)
      expect([path, refused.status, ((await refused.json()) as Loose).error.code]).toEqual([
        path,
        status,
        code,
      ])
    }
  })

  test('[SV6] that ask again for what did not change are told so', async () => {
    const first = await world.fetch('/api/executions?limit=2')
    const headers = { 'if-none-match': first.headers.get('etag')! }
    const second = await world.fetch('/api/executions?limit=2', { headers })
    expect([second.status, await second.text()]).toEqual([304, ''])
    expect((await world.fetch('/api/executions?limit=1', { headers })).status).toBe(200)
    expect(first.headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('files', () => {
  test('[SV8] are streamed whole, in part, and under their own name', async () => {
    const { items } = await world.client.listArtifacts({ params: { id: run } })
    const path = `/api/artifacts/${items[0]!.id}/download`
    const whole = await world.fetch(path)
    expect(await whole.text()).toBe('0123456789')
    expect(whole.headers.get('content-length')).toBe('10')
    expect(whole.headers.get('content-type')).toBe('text/plain')
    expect(whole.headers.get('content-disposition')).toBe(
      `attachment; filename="_ber _plan_ 1.txt"; filename*=UTF-8''%C3%BCber%20%22plan%22%201.txt`,
    )
    const part = async (range: string, more: Record<string, string> = {}): Promise<unknown[]> => {
      const answer = await world.fetch(path, { headers: { range, ...more } })
      return [
        answer.status,
        answer.headers.get('content-range'),
        answer.status === 416 ? '' : await answer.text(),
      ]
    }
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await part('bytes=8-')).toEqual([206, 'bytes 8-9/10', '89'])
    expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await part('bytes=10-')).toEqual([416, 'bytes */10', ''])
    expect(await part('bytes=0-1', { 'if-range': '"another"' })).toEqual([200, null, '0123456789'])
    const head = await world.fetch(path, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', ''])
    const tag = whole.headers.get('etag')!
    expect((await world.fetch(path, { headers: { 'if-none-match': tag } })).status).toBe(304)
  })

  test('[SV9] are those of runs only, and none is read through a link', async () => {
    const { items } = await world.client.listArtifacts({ params: { id: run } })
    const [artifact] = items
    const file = join(world.root, artifact!.storage_path)
    const { rmSync, writeFileSync } = await import('node:fs')
    rmSync(file)
    symlinkSync('/etc/hostname', file)
    const linked = await world.fetch(`/api/artifacts/${artifact!.id}/download`)
    expect([linked.status, ((await linked.json()) as Loose).error.code]).toEqual([
      400,
      'PATH_OUTSIDE_PROJECT',
    ])
    rmSync(file)
    const missing = await world.fetch(`/api/artifacts/${artifact!.id}/download`)
    expect([missing.status, ((await missing.json()) as Loose).error.code]).toEqual([404, 'FILE_NOT_FOUND'])
    writeFileSync(file, '0123456789')
  })
})

describe('the documentation', () => {
  test('[SV4] is served from here, and allows nothing from elsewhere', async () => {
    const page = await world.fetch('/api/docs')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const html = await page.text()
    expect(html).toContain('/api/executions/{id}/cancel')
    expect(html).not.toMatch(/(?:src|href)="https?:/)
  })
})

describe('the file of the server', () => {
  test('[SV10] says where it is and its token, to its owner alone', () => {
    const { tokenFile, token, url } = world.server
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(tokenFile, 'utf8'))).toEqual({ url, token, pid: process.pid })
  })
})
