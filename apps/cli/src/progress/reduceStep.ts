import type { JournalEvent } from '@holdfast/workflow-sdk'
import { withEntry } from './maps.ts'
import { addUsage, startedStep, type RunProgress, type StepProgress } from './RunProgress.ts'

/** Applies an event about a step; others change nothing. */
export function reduceStep(run: RunProgress, event: JournalEvent): RunProgress {
  switch (event.type) {
    case 'step.started': {
      const known = run.steps.get(event.payload.key)
      const started = startedStep(event.payload, known?.startedAt ?? event.timestamp)
      const step = known === undefined ? started : { ...started, agent: known.agent, usage: known.usage }
      return { ...run, steps: withEntry(run.steps, step.key, step) }
    }
    case 'step.retrying':
      return change(run, event.payload.key, {
        status: 'retrying',
        error: event.payload.error,
        retryAt: event.payload.retryAt,
      })
    case 'step.completed':
      return change(run, event.payload.key, { status: 'completed', error: null, ...over(event) })
    case 'step.failed':
      return change(run, event.payload.key, { status: 'failed', error: event.payload.error, ...over(event) })
    case 'step.skipped':
      return change(run, event.payload.key, { status: 'skipped', ...over(event) })
    case 'step.cancelled':
      return change(run, event.payload.key, { status: 'cancelled', ...over(event) })
    case 'child.started':
      return change(run, event.payload.key, { childRunId: event.payload.childRunId })
    case 'agent.started':
      return change(run, event.payload.stepKey, {
        agent: { agent: event.payload.agent, model: event.payload.model },
      })
    case 'agent.updated': {
      const agent = run.steps.get(event.payload.stepKey)?.agent
      const { model } = event.payload
      return agent == null || model === undefined
        ? run
        : change(run, event.payload.stepKey, { agent: { ...agent, model } })
    }
    case 'step.updated': {
      const { key, modelCall } = event.payload
      if (modelCall === undefined) return run
      return change(run, key, { agent: { agent: modelCall.provider, model: modelCall.model } })
    }
    case 'usage.recorded': {
      const step = event.payload.stepKey === null ? undefined : run.steps.get(event.payload.stepKey)
      return step === undefined ? run : change(run, step.key, { usage: addUsage(step.usage, event.payload) })
    }
    default:
      return run
  }
}

function change(run: RunProgress, key: string, changed: Partial<StepProgress>): RunProgress {
  const step = run.steps.get(key)
  if (step === undefined) return run
  return { ...run, steps: withEntry(run.steps, key, { ...step, ...changed }) }
}

function over(event: JournalEvent): Pick<StepProgress, 'endedAt' | 'retryAt' | 'durationMs'> {
  const durationMs = 'durationMs' in event.payload ? event.payload.durationMs : null
  return { endedAt: event.timestamp, retryAt: null, durationMs }
}
