/** What we know of an agent beyond what it declares. */
export interface AgentQuirks {
  /** Its `session/load` must not be called, and why. */
  readonly noLoad: string | null
  /** It states the tokens of the last model call of a prompt only. */
  readonly statesLastCallOnly: boolean
}

const NONE: AgentQuirks = { noLoad: null, statesLastCallOnly: false }

/** By `agentInfo.name`, as the versions of November 2026 behave. */
const KNOWN: Readonly<Record<string, AgentQuirks>> = {
  'gemini-cli': { ...NONE, noLoad: 'its session/load empties the session (google-gemini/gemini-cli#28775)' },
  OpenCode: { ...NONE, statesLastCallOnly: true },
}

/** What we know of the agent of this name. */
export function quirksOf(agentName: string | null): AgentQuirks {
  return KNOWN[agentName ?? ''] ?? NONE
}
