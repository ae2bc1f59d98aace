export { CLAUDE_ACP_VERSION, CODEX_ACP_VERSION, ensureClaudeAcp, ensureCodexAcp } from './ensureAcpServers.ts'
export { CLAUDE_VERSION, ensureClaude } from './ensureClaude.ts'
export { CODEX_VERSION, ensureCodex } from './ensureCodex.ts'
export { ensureGemini, GEMINI_VERSION } from './ensureGemini.ts'
export { ensureOpencode, OPENCODE_VERSION } from './ensureOpencode.ts'
export { installForTests, type TestProgram } from './installForTests.ts'
export { installOnce, type Installation } from './installOnce.ts'
export {
  OFFLINE_KEY,
  OFFLINE_MODELS,
  offlineAgents,
  type OfflineAgents,
  type OfflinePrograms,
} from './offlineAgents.ts'
export type { ModelBody } from './protocols/Protocol.ts'
export { startScriptedModel, type ModelCall, type ScriptedModel } from './scriptedModel.ts'
export type { ModelRule, ModelScript, ModelStep, ModelTool } from './script.ts'
