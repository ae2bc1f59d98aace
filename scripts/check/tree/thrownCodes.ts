import { isSource, isTest, listFiles } from './files.ts'
import { isNode, parseModule, walkNodes, type SyntaxNode } from './syntax.ts'

/**
 * Codes that sources of rooms hand on: every text in capitals that is not merely compared with, looked
 * for (`WorkflowError.has`) or named in a type, and codes that a message shows in brackets, `[CODE]`.
 * `except` is left out: the catalogue itself.
 */
export function thrownCodes(root: string, except: string): Set<string> {
  const codes = new Set<string>()
  const sources = listFiles(root).filter(
    (path) => /^(?:packages|apps)\//.test(path) && isSource(path) && !isTest(path) && path !== except,
  )
  for (const path of sources) {
    const module = parseModule(root, path)
    walkNodes(module.program, (node, ancestors) => {
      if (node.type === 'TemplateElement' || node.type === 'Literal') {
        for (const [, code] of module.text.slice(node.start, node.end).matchAll(SHOWN)) codes.add(code ?? '')
      }
      const value = node['value']
      if (node.type !== 'Literal' || typeof value !== 'string' || !/^[A-Z][A-Z0-9_]+$/.test(value)) return
      if (!isOnlyAsked(node, ancestors)) codes.add(value)
    })
  }
  return codes
}

const SHOWN = /\[([A-Z][A-Z0-9]*_[A-Z0-9_]+)\]/g

function isOnlyAsked(node: SyntaxNode, ancestors: readonly SyntaxNode[]): boolean {
  const parent = ancestors.at(-1)
  if (parent === undefined) return false
  if (parent.type === 'BinaryExpression' || parent.type === 'TSLiteralType') return true
  if (parent.type === 'SwitchCase') return parent['test'] === node
  if (parent.type !== 'CallExpression' || !isNode(parent['callee'])) return false
  const method = parent['callee']['property']
  return isNode(method) && (method['name'] === 'has' || method['name'] === 'includes')
}
