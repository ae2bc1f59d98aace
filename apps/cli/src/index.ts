export * from '@holdfast/runtime/author'
