export { claude, claudeWith, type ClaudeSettings } from './claude.ts'
export { codex, codexWith, type CodexConfigValue, type CodexSettings } from './codex.ts'
export { gemini, geminiWith, type GeminiSettings } from './gemini.ts'
export { replay, type ReplaySettings } from './replay.ts'
