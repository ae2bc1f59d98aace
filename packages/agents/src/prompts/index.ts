export { formatPrompt } from './formatPrompt.ts'
export { parsePrompt, type ParsedPrompt, type PromptIssue, type PromptVariable } from './parsePrompt.ts'
export { renderPrompt } from './renderPrompt.ts'
