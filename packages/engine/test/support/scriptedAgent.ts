import type { AgentAdapter, AgentObserver, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { NOTHING } from './agentWorld.ts'

/** What a scripted agent does in one turn. */
export interface Turn {
  readonly request: AgentRequest
  /** Reports a call that costs so much, of 15 tokens. */
  readonly spend: (usd: number | null) => void
  /** Waits until it is stopped. */
  readonly stopped: () => Promise<never>
}

let calls = 0

/** An agent whose turns are a function; what it returns or throws is how the turn ends. */
export function scriptedAgent(
  name: string,
  act: (turn: Turn) => Promise<void> | void,
): { readonly adapter: AgentAdapter; readonly requests: AgentRequest[] } {
  const requests: AgentRequest[] = []
  const adapter: AgentAdapter = {
    name,
    capabilities: {
      resume: true,
      presetSessionId: true,
      steer: false,
      structuredOutput: false,
      cost: false,
      permissionModes: ['edit'],
      allowedTools: false,
      maxTurns: false,
    },
    check: async () => {},
    run: async (request, observer) => {
      requests.push(request)
      await act({ request, spend: (usd) => spend(observer, usd), stopped: () => stopped(request.signal) })
      const { sessionId } = request
      return {
        text: 'done',
        output: undefined,
        sessionId,
        usage: NOTHING,
        costUsd: null,
        stopReason: 'end_turn',
      }
    },
    inspect: async () => ({ installed: true, version: null, signedIn: null, detail: '' }),
  }
  return { adapter, requests }
}

function spend(observer: AgentObserver, costUsd: number | null): void {
  const usage = { ...NOTHING, inputTokens: 10, outputTokens: 5, costUsd, priceSource: null, latencyMs: null }
  observer.onUsage({ ...usage, provider: 'p', model: 'm', callId: `call-${calls++}` })
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
  })
}
