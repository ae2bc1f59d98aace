/**
 * What the sandbox refused: such a call makes no event in Codex 0.169, only a line on standard error like
 * `2026-11-21T02:50:43.929635Z ERROR codex_core::tools::router: error=patch rejected: …`.
 */
export function refusalsIn(stderr: string): readonly string[] {
  return [...stderr.matchAll(/ERROR codex_core::tools::router: error=(.*)$/gm)].map(
    ([, what]) => `Refused: ${what}`,
  )
}
