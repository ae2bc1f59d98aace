import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHoldfast } from '@holdfast/runtime'
import { isTerminal } from '@holdfast/workflow-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { repository, start } from './world.ts'

const RUNS = 100
/** Draws the moments of the kills; the same seed draws the same. */
const SEED = 7

/** Steps, a shell command with a background tool, and an agent; each leaves a line in a file outside the repository. */
const WORKFLOW = `import { appendFileSync } from 'node:fs'
import { createWorkflow } from 'holdfast'
import { replay } from 'holdfast/agents'

const agent = replay({ recording: '.agent/recordings/kills.json', timeScale: 1 })

export default createWorkflow({ name: 'kills', workspace: 'worktree' }, async (ctx) => {
  const { log } = ctx.input as { log: string }
  const mark = (step: string) => appendFileSync(log, JSON.stringify({ run: ctx.runId, step, at: Date.now() }) + '\\n')
  await ctx.run('first', () => mark('first'))
  await ctx.shell('sleep 0.05; echo shell >> shell.txt', { name: 'command', retry: { maxAttempts: 1 } })
  await ctx.run('second', () => mark('second'))
  const { text } = await ctx.runCli('edit', agent, 'Add a line to agent.txt')
  await ctx.run('third', () => mark('third'))
  const shell = await ctx.files.read('shell.txt')
  const edited = await ctx.files.read('agent.txt')
  return { shell, edited, text }
})
`

const RECORDING = JSON.stringify({
  holdfastRecording: 1,
  rules: [
    {
      when: {},
      events: [
        { text: 'I begin.' },
        { edit: { path: 'agent.txt', old: 'begin\n', new: 'begin\nedited once\n' }, delayMs: 30 },
        { usage: { inputTokens: 10, outputTokens: 5, costUsd: 0.001 } },
        { text: 'I am nearly there.', delayMs: 30 },
      ],
      answer: { text: 'done' },
    },
  ],
})

interface Mark {
  readonly run: string
  readonly step: string
  readonly at: number
}

it(
  '[EO5] 100 runs, their worker killed with -9 again and again: all finish, nothing finished runs again, no process is left',
  { timeout: 1_200_000 },
  async () => {
    const root = repository({
      '.agent/workflows/templates/kills.ts': WORKFLOW,
      '.agent/recordings/kills.json': RECORDING,
      'agent.txt': 'begin\n',
      '.gitignore':
        '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n.agent/workflows/worktrees/\n',
    })
    const log = join(root, '.agent', 'workflows', 'executions', 'marks.jsonl')
    mkdirSync(join(root, '.agent', 'workflows', 'executions'), { recursive: true })
    const holdfast = await createHoldfast({ projectPath: root })
    onTestFinished(() => holdfast.close())
    const { store } = holdfast
    const ids: string[] = []
    for (let index = 0; index < RUNS; index++) ids.push((await holdfast.start('kills', { log })).id)

    const random = mulberry32(SEED)
    let kills = 0
    while (await unfinished()) {
      const worker = start(root, ['worker', '--concurrency', '6'])
      const enough = (await progress()) + 5 + Math.floor(random() * 120)
      while ((await progress()) < enough && (await unfinished())) await nextChange()
      await answerCrashLoops()
      worker.process.kill('SIGKILL')
      await worker.ended
      kills++
    }

    const marks = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Mark)
    let again = 0
    for (const id of ids) {
      const run = await store.getWorkflowRun(id)
      expect(run).toMatchObject({
        status: 'completed',
        output: { shell: 'shell\n', edited: 'begin\nedited once\n', text: 'done' },
      })
      const steps = await store.listWorkflowSteps(id)
      for (const { step, at } of marks.filter((mark) => mark.run === id)) {
        const completedAt = steps.find((row) => row.name === step)?.completed_at
        if (at > Date.parse(completedAt ?? '')) again++
      }
    }
    expect(again).toBe(0)
    expect(processesOf(ids)).toEqual([])
    console.log(
      `${RUNS} runs, ${kills} kills, ${marks.length} side effects, 0 finished steps again, 0 processes left`,
    )
    expect(kills).toBeGreaterThan(5)

    async function unfinished(): Promise<boolean> {
      const { items } = await store.listWorkflowRuns({ limit: 200 })
      return items.some((run) => !isTerminal(run.status))
    }

    async function progress(): Promise<number> {
      let events = 0
      for (const id of ids) events += await store.lastSequence(id)
      return events
    }

    async function answerCrashLoops(): Promise<void> {
      for (const question of await store.listApprovals({ status: 'open' })) {
        await holdfast.engine.answer(question.run_id, {
          approvalId: question.id,
          approved: true,
          answer: 'continue',
          by: 'test',
        })
      }
    }

    /** Resolves when another process has written something. */
    async function nextChange(): Promise<void> {
      await new Promise<void>((resolve) => {
        const stop = store.watch(() => {
          stop()
          resolve()
        })
      })
      await answerCrashLoops()
    }
  },
)

/** Processes whose environment names one of the runs. */
function processesOf(runs: readonly string[]): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      return runs.some((run) => environment.includes(`HOLDFAST_RUN_ID=${run}`))
    } catch {
      // It ended meanwhile.
      return false
    }
  })
}

/** A small seeded generator of numbers in [0, 1): mulberry32 by Tommy Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
