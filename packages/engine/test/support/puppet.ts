import type {
  AgentActivity,
  AgentAdapter,
  AgentObserver,
  AgentOutcome,
  AgentRequest,
} from '@holdfast/workflow-sdk/ports'
import { NOTHING } from './agentWorld.ts'

/** One turn that a puppet was asked to play: the test does what the agent's program would. */
export interface PuppetTurn {
  readonly request: AgentRequest
  readonly observer: AgentObserver
  /** What its inbox handed to it, oldest first. */
  readonly handed: { readonly id: string; readonly text: string }[]
  readonly says: (text: string) => void
  readonly ends: (text: string) => void
  readonly fails: (error: Error) => void
}

/** An agent whose program is the test. */
export interface Puppet {
  readonly adapter: AgentAdapter
  readonly turns: PuppetTurn[]
  /** The turn with this number, from 0, once it has begun. */
  turn(number: number): Promise<PuppetTurn>
}

/** An agent `name` that ends a turn when it is stopped, and is steered where `steer` says so. */
export function puppet(
  name: string,
  able: {
    readonly steer?: boolean
    readonly resume?: boolean
    readonly retells?: readonly AgentActivity[]
    readonly interactive?: boolean
  } = {},
): Puppet {
  const turns: PuppetTurn[] = []
  const waiting: (() => void)[] = []
  const run = (request: AgentRequest, observer: AgentObserver): Promise<AgentOutcome> => {
    const end = Promise.withResolvers<AgentOutcome>()
    const stop = (): void => end.reject(request.signal.reason as Error)
    request.signal.addEventListener('abort', stop)
    if (request.signal.aborted) stop()
    const handed: PuppetTurn['handed'] = []
    request.inbox?.open((message) => handed.push(message))
    const { sessionId } = request
    turns.push({
      request,
      observer,
      handed,
      says: (text) => observer.onActivity({ kind: 'text', text }),
      ends: (text) =>
        end.resolve({
          text,
          output: undefined,
          sessionId,
          usage: NOTHING,
          costUsd: null,
          stopReason: 'end_turn',
        }),
      fails: (error) => end.reject(error),
    })
    for (const look of waiting) look()
    return end.promise
  }
  return {
    turns,
    turn: (number) =>
      new Promise((resolve) => {
        const look = (): void => {
          const turn = turns[number]
          if (turn !== undefined) resolve(turn)
        }
        waiting.push(look)
        look()
      }),
    adapter: {
      name,
      capabilities: {
        resume: able.resume ?? true,
        presetSessionId: true,
        steer: able.steer ?? false,
        structuredOutput: false,
        cost: false,
        permissionModes: ['edit'],
        allowedTools: false,
        maxTurns: false,
      },
      check: async () => {},
      run,
      ...(able.retells === undefined ? {} : { retell: async () => able.retells ?? [] }),
      ...(able.interactive === true ? { interactive: async () => ({ file: 'puppet', args: [] }) } : {}),
      inspect: async () => ({ installed: true, version: null, signedIn: null, detail: '' }),
    },
  }
}
