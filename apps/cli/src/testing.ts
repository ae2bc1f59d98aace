export * from '@holdfast/runtime/testing'
