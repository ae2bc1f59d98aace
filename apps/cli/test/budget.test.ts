import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHoldfast } from '@holdfast/runtime'
import { expect, it, onTestFinished, vi } from 'vitest'
import { holdfast, repository, start } from './world.ts'

const PATIENCE = { timeout: 45_000, interval: 20 }

it(
  '[EB2] a budget is reached in the middle, the worker killed with -9 before and after, the budget raised: the session goes on and no token is lost',
  { timeout: 120_000 },
  async () => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-budget-')))
    onTestFinished(() => rmSync(outside, { recursive: true, force: true, maxRetries: 5 }))
    const at = (name: string): string => join(outside, name)
    const usage = { inputTokens: 100, outputTokens: 50, costUsd: 0.4 }
    const wait = `touch ${at('began')}; while [ ! -e ${at('go')} ]; do sleep 0.02; done`
    const root = repository({
      '.agent/workflows/templates/night.ts': `import { createWorkflow } from 'holdfast'
import { replay } from 'holdfast/agents'

const agent = replay({ recording: '.agent/recordings/night.json', timeScale: 0 })

export default createWorkflow({ name: 'night', budget: { usd: 1 }, onFailure: 'ask' }, async (ctx) => {
  const { text, costUsd, usage } = await ctx.runCli('build', agent, 'Build it')
  return { text, costUsd, tokens: usage.totalTokens }
})
`,
      '.agent/recordings/night.json': JSON.stringify({
        holdfastRecording: 1,
        rules: [
          {
            when: {},
            events: [
              { usage },
              { edit: { path: 'a.txt', old: 'begin\n', new: 'begin\nonce\n' } },
              { shell: { command: wait } },
              { usage },
              { usage },
              { waitForFile: 'raised.txt' },
              { usage },
            ],
            answer: { text: 'built' },
          },
        ],
      }),
      'a.txt': 'begin\n',
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    })
    const own = await createHoldfast({ projectPath: root })
    onTestFinished(() => own.close())
    const run = await own.start('night')
    const waiting = async (): Promise<void> =>
      await vi.waitFor(async () => {
        const row = await own.store.getWorkflowRun(run.id)
        expect(row).toMatchObject({ status: 'waiting', waiting_for: { reason: 'budget' } })
      }, PATIENCE)

    const first = start(root, ['worker'])
    await vi.waitFor(() => expect(existsSync(at('began'))).toBe(true), PATIENCE)
    first.process.kill('SIGKILL')
    await first.ended
    writeFileSync(at('go'), '')

    const second = start(root, ['worker'])
    await waiting()
    second.process.kill('SIGKILL')
    await second.ended
    const shown = await holdfast(root, ['runs', 'show', 'latest'])
    expect(shown.stdout).toContain('The budget of the run is used up at step "build": $1.20 of $1.00. Go on?')

    const third = start(root, ['worker'])
    const unfit = await holdfast(root, ['answer', 'latest', '{"choice":"raise","usd":"much"}'])
    expect(unfit.stderr).toContain('"much" for usd is no amount')
    // Too little: it asks again. Raised from elsewhere, it goes on without an answer.
    const little = await holdfast(root, ['answer', 'latest', '{"choice":"raise","usd":0.1}'])
    expect(little).toMatchObject({ code: 0 })
    await vi.waitFor(async () => {
      const open = await own.store.listApprovals({ runId: run.id, status: 'open' })
      expect(open.map(({ title }) => title)).toEqual([
        'The budget of the run is used up at step "build": $1.20 of $1.10. Go on?',
      ])
    }, PATIENCE)
    await waiting()
    writeFileSync(join(root, 'raised.txt'), '')
    expect((await holdfast(root, ['budget', 'latest'])).stderr).toContain('has no amount')
    expect((await holdfast(root, ['budget', 'latest', '--usd', 'more'])).code).toBe(2)
    expect(await holdfast(root, ['budget', 'latest', '--usd', '1.9'])).toMatchObject({ code: 0 })
    expect(await run.output()).toEqual({ text: 'built', costUsd: 1.6, tokens: 600 })
    third.process.kill('SIGTERM')
    await third.ended

    expect(await own.store.getWorkflowRun(run.id)).toMatchObject({ cost_estimate: 1.6, total_tokens: 600 })
    expect(await own.store.listLlmUsage({ runId: run.id })).toHaveLength(4)
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('begin\nonce\n')
    const cost = await holdfast(root, ['runs', 'cost', 'latest'])
    expect(cost.stdout).toMatch(/^STEP +CALLS +IN +OUT +CACHED +COST\nbuild +4 +400 +200 +0 +\$1\.60\n/)
    expect(cost.stdout).toMatch(/\nTotal: \$1\.60, 600 tokens, 4 calls\n$/)
    const json = JSON.parse((await holdfast(root, ['runs', 'cost', 'latest', '--json'])).stdout) as object
    expect(json).toMatchObject({
      run_id: run.id,
      total: { calls: 4, total_tokens: 600, cost: 1.6, cost_unknown_calls: 0 },
      by_agent: [{ key: 'replay', cost: 1.6 }],
      by_model: [{ key: 'recorded', calls: 4 }],
    })
    const journal = await own.store.listWorkflowEvents({ runId: run.id })
    const sessions = journal.flatMap((event) =>
      event.type === 'agent.started' ? [[event.payload.sessionId, event.payload.resumed]] : [],
    )
    expect(new Set(sessions.map(([id]) => id)).size).toBe(1)
    expect(sessions.map(([, resumed]) => resumed)).toEqual([false, true, true])
    expect(journal.filter((event) => event.type === 'budget.exceeded')).toHaveLength(2)
    expect(journal.filter((event) => event.type === 'approval.withdrawn')).toHaveLength(1)
  },
)
