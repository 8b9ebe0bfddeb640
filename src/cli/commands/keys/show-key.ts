import type { Context } from '../../kit/context.ts'
import type { ReadOptions } from '../../kit/verb.ts'

export interface ShownKey {
  readonly id: string
  readonly key: string
  readonly expiresAt: string | null
}

/** Shows a new key: alone on stdout, with a remark for a person. */
export function showIssuedKey(context: Context, { json }: ReadOptions, issued: ShownKey): void {
  if (json) {
    context.writeJson(issued)
    return
  }
  context.write(issued.key)
  const until = issued.expiresAt === null ? 'until it is revoked' : `until ${issued.expiresAt}`
  context.remark(`Key ${issued.id} works ${until}. It is not shown again.`)
}
