import { join } from 'node:path'
import { createAgents } from '@holdfast/agents'
import { replay } from '@holdfast/agents/author'
import { openStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { createWorkflow } from '@holdfast/workflow-sdk'
import type { AgentAdapter, WorkspacePort } from '@holdfast/workflow-sdk/ports'
import { createWorkspacePort } from '@holdfast/workspace'
import { expect, onTestFinished, test, vi } from 'vitest'
import { RunHandle } from '../src/index.ts'
import { createTestEngine } from '../src/testing.ts'
import { temporaryProject } from './project.ts'
import { outsideFolder } from './support/workers.ts'

/** Calls `before` whenever a method with one of the names is called; the real one does the work. */
function observed<T extends object>(target: T, names: readonly string[], before: (name: string) => void): T {
  return new Proxy(target, {
    get(inner, property) {
      const member: unknown = Reflect.get(inner, property)
      if (typeof member !== 'function') return member
      const bound = member.bind(inner) as (...args: unknown[]) => unknown
      if (!names.includes(String(property))) return bound
      return (...args: unknown[]) => {
        before(String(property))
        return bound(...args)
      }
    },
  })
}

/** Writes down which steps have durably started. */
function recorded(store: IWorkflowStore, lines: string[]): IWorkflowStore {
  return new Proxy(store, {
    get(inner, property) {
      const member: unknown = Reflect.get(inner, property)
      if (typeof member !== 'function') return member
      if (property !== 'appendAsOwner') return member.bind(inner) as unknown
      return async (append: Parameters<IWorkflowStore['appendAsOwner']>[0]) => {
        const receipt = await inner.appendAsOwner(append)
        for (const { type, payload } of append.events)
          if (type === 'step.started' && 'key' in payload) lines.push(`started ${payload.key}`)
        return receipt
      }
    },
  })
}

test('[ES1] step.started is durable before a shell command, a git call or an agent begins', async () => {
  const lines: string[] = []
  const outside = outsideFolder()
  vi.stubEnv('HOLDFAST_REPLAY_STATE', join(outside, 'replay'))
  const root = temporaryProject(
    {
      'session.json': JSON.stringify({
        holdfastRecording: 1,
        rules: [{ when: {}, events: [], answer: { text: 'yes' } }],
      }),
    },
    { git: true },
  )
  const real = createWorkspacePort()
  const effect = (name: string): void => void lines.push(`effect ${name}`)
  const git = observed(real.git, ['getCurrentBranch', 'ensureBranch'], effect)
  const seen = observed(real, ['shell'], effect)
  const workspace: WorkspacePort = { ...real, git, shell: (request) => seen.shell(request) }
  const agents: AgentAdapter[] = createAgents()
    .list()
    .map((adapter) => ({
      ...adapter,
      run: async (request, observer) => {
        effect('agent')
        return adapter.run(request, observer)
      },
    }))
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    await ctx.shell('true', { name: 'command' })
    await ctx.git.getCurrentBranch({ name: 'ask git' })
    await ctx.git.ensureBranch('other', { name: 'tell git' })
    await ctx.runCli('agent step', replay({ recording: 'session.json', timeScale: 0 }), 'Well?')
  })
  const engine = await createTestEngine({
    workflows: [w],
    workspace,
    agents,
    projectPath: root,
    openStore: async (now) => recorded(await openStore('sqlite::memory:', { now }), lines),
  })
  onTestFinished(() => engine.close())
  const { id } = await engine.start(w, {})
  const run = new RunHandle(engine.store, await engine.store.getWorkflowRun(id))
  expect(await run.finished()).toMatchObject({ status: 'completed', error: null })
  expect(lines).toEqual([
    'started command',
    'effect shell',
    'started ask git',
    'effect getCurrentBranch',
    'started tell git',
    'effect ensureBranch',
    'started agent step',
    'effect agent',
  ])
})
