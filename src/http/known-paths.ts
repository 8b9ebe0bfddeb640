import type { AnyRoute } from './pipeline/route.ts'

/** Methods of a path, for 405 and `Allow`; used only when no route matches. */
export function knownPaths(
  routes: readonly Pick<AnyRoute, 'method' | 'path'>[],
): (path: string) => readonly string[] | undefined {
  const byPath = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>()
  for (const { method, path } of routes) {
    const known = byPath.get(path) ?? { pattern: patternOf(path), methods: new Set(['OPTIONS']) }
    known.methods.add(method.toUpperCase())
    if (method === 'get') known.methods.add('HEAD')
    byPath.set(path, known)
  }
  return (path) => {
    const methods = new Set(
      [...byPath.values()].flatMap((known) => (known.pattern.test(path) ? [...known.methods] : [])),
    )
    return methods.size === 0 ? undefined : [...methods].sort()
  }
}

function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/\{[^}]+\}/g, '[^/]+')}$`)
}

/** `/documents/{documentId}` in Hono's notation. */
export function honoPath(path: string): string {
  return path.replace(/\{([^}]+)\}/g, ':$1')
}
