import path from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { loadRecording } from './loadRecording.ts'
import { retell } from '../programs/retell.ts'
import { ReplayStream } from './ReplayStream.ts'
import { runReplay } from './runReplay.ts'
import { replaySettings } from './settings.ts'

/** What the replay agent can do. Tools that were recorded were allowed then, so any list of them is accepted. */
const REPLAY_CAPABILITIES = {
  resume: true,
  copySession: true,
  presetSessionId: true,
  steer: false,
  structuredOutput: true,
  cost: true,
  permissionModes: ['plan', 'edit', 'full'],
  allowedTools: true,
  maxTurns: true,
} as const satisfies AgentAdapter['capabilities']

/** Plays recorded sessions back in a process of their own. `user` is the environment of the person who runs Holdfast. */
export function createReplayAdapter(user: Environment): AgentAdapter {
  return {
    name: 'replay',
    capabilities: REPLAY_CAPABILITIES,
    check: async (request) => {
      checkRequest(request)
      const { recording } = replaySettings(request.agent)
      await loadRecording(path.resolve(request.cwd, recording))
    },
    run: async (request, observer) => {
      checkRequest(request)
      return runReplay(request, observer, user)
    },
    retell: (file) => retell(file, (observer) => new ReplayStream(observer)),
    inspect: async () => ({
      installed: true,
      version: null,
      signedIn: true,
      detail: 'comes with Holdfast; needs no program and no account',
    }),
  }
}

/** The id names a file. */
const SESSION_ID = /^[A-Za-z0-9_-]{1,100}$/

function checkRequest(
  request: Pick<AgentRequest, 'agent' | 'sessionId' | 'copyOf' | 'resume' | 'maxTurns'>,
): void {
  replaySettings(request.agent)
  const { sessionId, maxTurns } = request
  if (request.resume && sessionId === null) {
    throw invalid(
      'resume',
      'A session can only be resumed by its id. Give the sessionId of the earlier step.',
    )
  }
  for (const id of [sessionId, request.copyOf?.sessionId ?? null]) {
    if (id === null || SESSION_ID.test(id)) continue
    throw invalid('sessionId', `${JSON.stringify(id)} is no session id: letters, digits, "-" and "_" only.`)
  }
  if (maxTurns !== null && !(Number.isInteger(maxTurns) && maxTurns > 0)) {
    throw invalid('maxTurns', `maxTurns is ${maxTurns}; it must be a whole number from 1.`)
  }
}

function invalid(option: string, message: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', message, { details: { agent: 'replay', option } })
}
