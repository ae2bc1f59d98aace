import { parseAst } from 'vitest/node'
import { readText } from './files.ts'

/** A node of the syntax tree (ESTree with TypeScript's additions). Positions count UTF-16 units from 0. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** A parsed module. */
export interface Module {
  /** Relative to the root. */
  readonly path: string
  readonly text: string
  readonly program: SyntaxNode
}

const parsed = new Map<string, Module>()

/** Parses a file below `root`; a file is parsed once as long as its text is the same. */
export function parseModule(root: string, path: string): Module {
  const text = readText(root, path)
  const known = parsed.get(`${root}/${path}`)
  if (known !== undefined && known.text === text) return known
  const source = text.startsWith('#!') ? `//${text.slice(2)}` : text
  const lang = path.endsWith('.tsx') ? 'tsx' : /\.[cm]?js$/.test(path) ? 'js' : 'ts'
  const program = parseAst(source, { lang }, path) as unknown as SyntaxNode
  const module = { path, text, program }
  parsed.set(`${root}/${path}`, module)
  return module
}

/** Calls `visit` for every node below `node`, parents first, with its ancestors from the outside in. */
export function walkNodes(
  node: SyntaxNode,
  visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void,
  ancestors: readonly SyntaxNode[] = [],
): void {
  visit(node, ancestors)
  const inner = [...ancestors, node]
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walkNodes(item, visit, inner)
    } else if (isNode(value)) walkNodes(value, visit, inner)
  }
}

/** Line of a position, from 1. */
export function lineAt(module: Module, position: number): number {
  let line = 1
  for (let index = module.text.indexOf('\n'); index !== -1 && index < position; line += 1)
    index = module.text.indexOf('\n', index + 1)
  return line
}

/** Whether a value found in a field of a node is a node itself. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
}
