import { Secret } from './secret.ts'

/** A secret on its way to another thread of this process, which takes no instances of classes. */
interface PackedSecret {
  readonly packedSecret: string
}

/** The same value as another thread takes it. It holds every secret in plain text: it is sent and kept nowhere else. */
export function packed(value: unknown): unknown {
  if (value instanceof Secret) return { packedSecret: value.reveal() } satisfies PackedSecret
  return mapped(value, packed)
}

/** The value that was packed. */
export function unpacked(value: unknown): unknown {
  return isPackedSecret(value) ? new Secret(value.packedSecret) : mapped(value, unpacked)
}

function mapped(value: unknown, map: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(inner)]))
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function isPackedSecret(value: unknown): value is PackedSecret {
  return isPlain(value) && 'packedSecret' in value && typeof value.packedSecret === 'string'
}
