export * from '@holdfast/workflow-sdk'
export { defineConfig, type HoldfastConfig } from './config/defineConfig.ts'
