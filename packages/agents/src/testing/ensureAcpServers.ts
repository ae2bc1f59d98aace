import path from 'node:path'
import { CODEX_VERSION } from './ensureCodex.ts'
import { CLAUDE_VERSION } from './ensureClaude.ts'
import { installForTests, type TestProgram } from './installForTests.ts'

/** The versions of the servers of the Agent Client Protocol that the tests run against. */
export const CLAUDE_ACP_VERSION = '0.100.0'
export const CODEX_ACP_VERSION = '2.6.0'

/** A server without the program that it drives: that one is named to it, see `offlineAgents`. */
function ensureServer(name: string, version: string, drives: string): Promise<TestProgram> {
  return installForTests({
    name: `${name}-${version}`,
    dependencies: { [`@agentclientprotocol/${name}`]: version },
    omitOptional: true,
    about: `@agentclientprotocol/${name}@${version} (without ${drives}) for the tests`,
    proof: path.join('node_modules', '.bin', name),
  })
}

/** The ACP server of Claude Code, which drives the one of `ensureClaude` ({@link CLAUDE_VERSION}); see `installForTests`. */
export function ensureClaudeAcp(): Promise<TestProgram> {
  return ensureServer('claude-agent-acp', CLAUDE_ACP_VERSION, `Claude Code ${CLAUDE_VERSION}`)
}

/** The ACP server of Codex, which drives the one of `ensureCodex` ({@link CODEX_VERSION}); see `installForTests`. */
export function ensureCodexAcp(): Promise<TestProgram> {
  return ensureServer('codex-acp', CODEX_ACP_VERSION, `Codex ${CODEX_VERSION}`)
}
