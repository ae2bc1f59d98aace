export * from '@holdfast/agents/author'
