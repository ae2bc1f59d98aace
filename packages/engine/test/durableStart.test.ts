import { openSqliteStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { expect, it } from 'vitest'
import { createTestEngine } from '../src/testing/index.ts'

/** A store that writes down what has become durable, one line per event, `|` between commits. */
function recording(store: IWorkflowStore, lines: string[]): IWorkflowStore {
  return new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      const bound = member.bind(target) as (...args: unknown[]) => unknown
      if (property === 'appendAsOwner')
        return async (append: Parameters<IWorkflowStore['appendAsOwner']>[0]) => {
          const receipt = await target.appendAsOwner(append)
          const named = append.events.map(
            ({ type, payload }) => `${type} ${'key' in payload ? payload.key : ''}`,
          )
          lines.push(named.join(' + ').trim())
          return receipt
        }
      if (property === 'createWorkflowRun')
        return async (run: Parameters<IWorkflowStore['createWorkflowRun']>[0]) => {
          lines.push(`create ${run.workflowName}`)
          return target.createWorkflowRun(run)
        }
      return bound
    },
  })
}

it('[ES1] step.started is durable before the effect of children and of steps with onInterrupted, and rides along for a plain run', async () => {
  const lines: string[] = []
  const child = createWorkflow({ name: 'child' }, async () => 1)
  const w = createWorkflow({ name: 'w' }, async (ctx: WorkflowContext<unknown>) => {
    await ctx.run('plain', () => lines.push('effect plain'))
    await ctx.run('guarded', () => lines.push('effect guarded'), { onInterrupted: 'retry' })
    await ctx.child(child, {})
  })
  const t = await createTestEngine({
    workflows: [w, child],
    openStore: async (now) => recording(await openSqliteStore({ path: ':memory:', now }), lines),
  })
  try {
    const run = await t.start(w, {})
    await run.ended()
    const order = lines.filter((line) => /plain|guarded|child/.test(line))
    expect(order.slice(0, 6)).toEqual([
      'effect plain',
      'step.started plain + step.completed plain',
      'step.started guarded',
      'effect guarded',
      'step.completed guarded',
      'step.started child',
    ])
    expect(order[6]).toBe('create child')
  } finally {
    await t.close()
  }
})
