export type { Backend } from './Backend.ts'
export { storeConformance } from './storeConformance.ts'
