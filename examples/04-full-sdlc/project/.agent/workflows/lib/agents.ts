import { claude, codex, gemini, replay } from 'holdfast/agents'
import { z } from 'zod'

/** Agents by the names that inputs take. `replay` plays recorded sessions and costs nothing. */
export const AGENTS = { claude, codex, gemini, replay: replay({ recording: '.agent/recordings' }) }

export const agentName = z.enum(['claude', 'codex', 'gemini', 'replay'])
