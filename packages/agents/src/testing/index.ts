export { CLAUDE_VERSION, ensureClaude } from './ensureClaude.ts'
export { installOnce, type Installation } from './installOnce.ts'
export { startScriptedModel, type ModelCall, type ScriptedModel } from './scriptedModel.ts'
export type { ModelRule, ModelScript, ModelStep, ModelTool } from './script.ts'
