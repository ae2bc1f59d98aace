export * from './agents.ts'
export * from './clock.ts'
export * from './runtime.ts'
export * from './workspace.ts'
