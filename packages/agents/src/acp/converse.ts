import type { AgentObserver, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { object, text, type Fields } from '../programs/fields.ts'
import { askForJson } from '../programs/structuredAnswer.ts'
import { RpcError, type Connection } from './Connection.ts'
import { failure, rpcFailure, sessionNotFound, type AcpPlace } from './failure.ts'
import { quirksOf, type AgentQuirks } from './knownAgents.ts'
import { modeFor, modelFor, sessionChoices } from './sessionOptions.ts'
import { acpSettings } from './settings.ts'
import type { Updates } from './Updates.ts'

/** One turn that the agent has ended. */
export interface Turn {
  /** The answer to `session/prompt`. */
  readonly result: Fields
  readonly sessionId: string
  /** The model of the session, when the agent says which. */
  readonly model: string | null
  /** US dollars of the session before the prompt; null: unknown. */
  readonly costBeforeUsd: number | null
  readonly quirks: AgentQuirks
  /** Makes the usage of this turn one record, however often it is reported. */
  readonly turnId: string
}

const PROTOCOL_VERSION = 1

/**
 * One turn: initialize, a session, its mode and model, the prompt. What the agent cannot do is an error
 * before the prompt, so before anything is spent. The session id is durable before the prompt is sent.
 */
export async function converse(
  connection: Connection,
  updates: Updates,
  request: AgentRequest,
  observer: AgentObserver,
  place: { readonly name: string; sessionId: string | null },
): Promise<Turn> {
  const settings = acpSettings(request.agent)
  const ask = (method: string, params: Fields): Promise<Fields> => asked(connection, place, method, params)
  const agent = await ask('initialize', {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    clientInfo: { name: 'holdfast', version: '1' },
  })
  if (agent['protocolVersion'] !== PROTOCOL_VERSION) {
    const what = `The agent ${settings.name} speaks version ${JSON.stringify(agent['protocolVersion'])} of the Agent Client Protocol; Holdfast speaks ${PROTOCOL_VERSION}. Use a version of the agent that does too.`
    throw failure(place, 'AGENT_PROTOCOL', what, { protocolVersion: agent['protocolVersion'] ?? null })
  }
  const quirks = quirksOf(text(object(agent['agentInfo'])?.['name']))
  if (settings.authMethod !== undefined) await ask('authenticate', { methodId: settings.authMethod })
  const session = request.resume
    ? await resumed(connection, place, agent, request)
    : await ask('session/new', { cwd: request.cwd, mcpServers: [] })
  const sessionId = text(session['sessionId']) ?? place.sessionId
  if (sessionId === null) {
    throw failure(place, 'AGENT_PROTOCOL', `The agent ${settings.name} gave its session no id.`, {})
  }
  place.sessionId = sessionId
  await observer.onSession(sessionId)
  const model = await choose(ask, session, sessionId, request)
  if (model !== null) observer.onModel(model)
  const costBeforeUsd = request.resume ? updates.facts.sessionCostUsd : 0
  const turnId = `${sessionId}:${Date.now()}`
  updates.prompted()
  const prompt = [{ type: 'text', text: askForJson(request.prompt, request.outputSchema) }]
  const result = await ask('session/prompt', { sessionId, prompt })
  updates.end()
  return { result, sessionId, model, costBeforeUsd, quirks, turnId }
}

/** Asks, and judges an error. */
async function asked(
  connection: Connection,
  place: AcpPlace,
  method: string,
  params: Fields,
): Promise<Fields> {
  try {
    return await connection.call(method, params)
  } catch (error) {
    throw error instanceof RpcError ? rpcFailure(place, method, error) : error
  }
}

/** Goes on with a session by what the agent declares; `session/resume` does not tell the conversation again. */
async function resumed(
  connection: Connection,
  place: AcpPlace,
  agent: Fields,
  request: AgentRequest,
): Promise<Fields> {
  const able = object(agent['agentCapabilities']) ?? {}
  const canResume = object(object(able['sessionCapabilities'])?.['resume']) !== null
  const { noLoad } = quirksOf(text(object(agent['agentInfo'])?.['name']))
  if (!canResume && able['loadSession'] !== true) {
    throw sessionNotFound(place, 'it declares neither session/resume nor session/load')
  }
  if (!canResume && noLoad !== null) throw sessionNotFound(place, noLoad)
  const params = { sessionId: request.sessionId, cwd: request.cwd, mcpServers: [] }
  try {
    return await connection.call(canResume ? 'session/resume' : 'session/load', params)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const judged = rpcFailure(place, 'session/resume', error)
    if (judged.code === 'AGENT_NOT_SIGNED_IN') throw judged
    throw sessionNotFound(place, `${error.message} ${error.data}`.trim())
  }
}

/** Puts the session into the mode and to the model of the step; answers the model, or null. */
async function choose(
  ask: (method: string, params: Fields) => Promise<Fields>,
  session: Fields,
  sessionId: string,
  request: AgentRequest,
): Promise<string | null> {
  const settings = acpSettings(request.agent)
  const choices = sessionChoices(session)
  const mode = modeFor(choices.mode, request.permissionMode, settings)
  const model = modelFor(choices.model, request.model ?? settings.model ?? null, settings.name)
  for (const [choice, value] of [[choices.mode, mode] as const, [choices.model, model] as const]) {
    if (choice === null || value === null) continue
    const { method, params } = choice.choose(value)
    await ask(method, { sessionId, ...params })
  }
  return model ?? choices.model?.current ?? null
}
