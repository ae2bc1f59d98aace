import type { Installation } from '@holdfast/agents/testing'

/** LangGraph with both of its checkpointers. */
export const langgraphPackages: Installation = {
  name: 'bench-langgraph-1.7.3',
  dependencies: {
    '@langchain/core': '1.4.0',
    '@langchain/langgraph': '1.7.3',
    '@langchain/langgraph-checkpoint': '1.2.2',
    '@langchain/langgraph-checkpoint-postgres': '1.0.5',
    '@langchain/langgraph-checkpoint-sqlite': '1.0.4',
    'better-sqlite3': '13.2.0',
    pg: '8.23.1',
    zod: '4.6.7',
  },
  // The version that the checkpointer asks for has to be compiled, and does not load under Node 24.
  overrides: { 'better-sqlite3': '13.2.0' },
  about: 'LangGraph 1.7.3 (some 100 MB) for the benchmark',
  proof: 'node_modules/@langchain/langgraph/package.json',
}
