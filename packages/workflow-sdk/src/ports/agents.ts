import type { PermissionMode, AgentReference } from '../context/agents.ts'
import type { TokenCounts } from '../journal/money.ts'
import type { Json, ProcessIdentity } from '../journal/payloads.ts'
import type { ProcessMarker } from './workspace.ts'

/** What an agent's program can do; a step that needs more fails before money is spent (H10). */
export interface AgentCapabilities {
  /** A session can be gone on with in a new process. */
  readonly resume: boolean
  /** A session can be gone on with in a copy, which leaves the first as it is; absent: no. */
  readonly copySession?: boolean
  /** The session id can be chosen before the start. */
  readonly presetSessionId: boolean
  /** A message can be delivered while the agent works. */
  readonly steer: boolean
  /** The final answer can be bound to a JSON Schema. */
  readonly structuredOutput: boolean
  /** The program reports cost in US dollars. */
  readonly cost: boolean
  readonly permissionModes: readonly PermissionMode[]
  readonly allowedTools: boolean
  readonly maxTurns: boolean
}

/** One agent step. */
export interface AgentRequest {
  readonly agent: AgentReference
  /** Name of the step, by which recordings may choose what they play. */
  readonly stepName?: string
  /** Key of the step and folder of the workspace, by which a recorded run is played. */
  readonly place?: { readonly stepKey: string; readonly workspacePath: string }
  readonly prompt: string
  /** Absolute folder in which the program starts. */
  readonly cwd: string
  /** Id for the new session, or of the one to resume. */
  readonly sessionId: string | null
  readonly resume: boolean
  /** The session to go on with in a copy, whose id is `sessionId`; it is that of another run and must not change. */
  readonly copyOf?: {
    readonly sessionId: string
    /** Session file of the step with which the copy ends: what was said later is left out. */
    readonly transcriptPath: string
  }
  /** The worker of this very conversation died: go on with it, or answer again what it came to. */
  readonly recovers?: boolean
  readonly model: string | null
  readonly permissionMode: PermissionMode
  readonly allowedTools: readonly string[]
  readonly maxTurns: number | null
  /** JSON Schema of the final answer, or null. */
  readonly outputSchema: Json
  readonly env: Readonly<Record<string, string>>
  readonly marker: ProcessMarker
  /** Absolute path of the session file to which every event of the program is appended as it streams. */
  readonly transcriptPath: string
  readonly idleTimeoutMs: number
  /** Messages of people while the agent works; only for an adapter with the capability `steer`. */
  readonly inbox?: AgentInbox
  readonly signal: AbortSignal
}

/** Where an adapter that can steer its agent gets the messages of people. */
export interface AgentInbox {
  /** Calls `hand` for each message, oldest first, those that wait at once, until the inbox is closed. */
  open(hand: (message: { readonly id: string; readonly text: string }) => void): void
  /** Takes no more; what the agent was not shown to have is given to it in another way. */
  close(): void
}

/** What one model call used. */
export interface AgentUsage extends TokenCounts {
  readonly provider: string
  readonly model: string
  /** US dollars; null when unknown. */
  readonly costUsd: number | null
  readonly priceSource: string | null
  readonly latencyMs: number | null
  /** Makes recording the same call twice void. */
  readonly callId: string | null
}

/** What the engine is told while an agent works. */
export interface AgentObserver {
  /** The caller waits for the promise before anything is spent: then a crash finds the session again. */
  onSession(sessionId: string): void | Promise<void>
  onModel(model: string): void
  onProcess(process: ProcessIdentity): void
  onUsage(usage: AgentUsage): void
  onActivity(activity: AgentActivity): void
  /** The agent has a message of its inbox: its session holds it from here on. */
  onDelivered(id: string): void
}

/** A text of the agent, or a line about a tool that it uses or about trouble. */
export interface AgentActivity {
  readonly kind: 'text' | 'tool' | 'notice'
  readonly text: string
}

/** How an agent step ended well. Everything else is an error with a code `AGENT_…`. */
export interface AgentOutcome {
  readonly text: string
  /** The structured answer as the program gave it, unchecked; undefined without a schema. */
  readonly output: unknown
  readonly sessionId: string | null
  /** Totals of this step. */
  readonly usage: TokenCounts
  readonly costUsd: number | null
  readonly stopReason: string
}

/** One agent program behind one name. */
export interface AgentAdapter {
  readonly name: string
  /** What rows and people call the agent of a reference, where an adapter serves several; absent: its own name. */
  nameOf?(reference: AgentReference): string
  readonly capabilities: AgentCapabilities
  /** Refuses what cannot work before anything is spent. @throws WorkflowError `AGENT_…`. */
  check(request: Omit<AgentRequest, 'signal' | 'marker' | 'transcriptPath'>): Promise<void>
  run(request: AgentRequest, observer: AgentObserver): Promise<AgentOutcome>
  /** What a session file of this agent says, oldest first; absent: the agent cannot tell. */
  retell?(transcriptPath: string): Promise<readonly AgentActivity[]>
  /**
   * The program's own interactive mode on one of its sessions, for a person who takes it over; absent: it has none.
   * @throws WorkflowError `AGENT_NOT_INSTALLED`.
   */
  interactive?(session: {
    readonly sessionId: string
    readonly model: string | null
    /** Absolute folder of the session. */
    readonly cwd: string
  }): Promise<{ readonly file: string; readonly args: readonly string[] }>
  /**
   * The session that a process of this very attempt began whose worker died before it could write the id down; null:
   * none is known. For agents that name their sessions themselves.
   */
  findSession?(
    request: Pick<AgentRequest, 'agent' | 'cwd' | 'env' | 'transcriptPath'>,
  ): Promise<string | null>
  /** For `doctor`: whether the program is there, its version, and whether it is signed in (null: unknown). */
  inspect(): Promise<{
    readonly installed: boolean
    readonly version: string | null
    readonly signedIn: boolean | null
    readonly detail: string
  }>
}

/** The agents that a Holdfast knows, by name. */
export interface AgentPort {
  /** @throws WorkflowError `AGENT_UNKNOWN` naming the known ones. */
  get(name: string): AgentAdapter
  list(): readonly AgentAdapter[]
}
