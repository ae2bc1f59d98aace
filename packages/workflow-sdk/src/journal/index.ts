export * from './budgets.ts'
export * from './events.ts'
export * from './payloads.ts'
export * from './starts.ts'
