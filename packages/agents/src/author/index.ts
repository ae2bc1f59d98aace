export { claude, claudeWith, type ClaudeSettings } from './claude.ts'
export { gemini, geminiWith, type GeminiSettings } from './gemini.ts'
export { replay, type ReplaySettings } from './replay.ts'
