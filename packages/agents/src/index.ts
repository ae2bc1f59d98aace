export { createAcpAdapter } from './acp/AcpAdapter.ts'
export { ACP_PASSED_ON } from './acp/environment.ts'
export { createClaudeAdapter } from './claude/ClaudeAdapter.ts'
export { createCodexAdapter } from './codex/CodexAdapter.ts'
export { CODEX_PASSED_ON } from './codex/environment.ts'
export { PASSED_ON } from './claude/environment.ts'
export { GEMINI_PASSED_ON } from './gemini/environment.ts'
export { createGeminiAdapter } from './gemini/GeminiAdapter.ts'
export { createAgents, type AgentsOptions } from './createAgents.ts'
export type { ModelApi, ModelsConfig, ProviderConfig } from './models/config.ts'
export { createModels, type ModelsOptions } from './models/createModels.ts'
export { priceUsage, type PriceOverrides } from './prices/priceUsage.ts'
export { createReplayAdapter } from './replay/ReplayAdapter.ts'
export type {
  RecordedAction,
  RecordedAnswer,
  RecordedEvent,
  RecordedFailure,
  Recording,
  RecordingRule,
} from './replay/recording.ts'
