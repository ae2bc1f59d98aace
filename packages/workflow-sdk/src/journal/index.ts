export * from './events.ts'
export * from './payloads.ts'
