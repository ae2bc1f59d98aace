export { claude, claudeWith, type ClaudeSettings } from './claude.ts'
export { replay, type ReplaySettings } from './replay.ts'
