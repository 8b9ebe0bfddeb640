import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from '../../errors.ts'
import type { Placement } from '../../placement/placement.ts'

/** Seals the store's own cursors, which may hold ids and names of places that their caller must not see. */
export interface CursorSeal {
  seal(placement: Placement, cursor: string): string
  /** @throws AppError `invalid_request` for a text that is no cursor of this place. */
  open(placement: Placement, sealed: string): string
}

const ivBytes = 12
const tagBytes = 16
const cursorMax = 8_000

/** @param secret shared by all replicas; another one makes the cursors of before worthless. */
export function cursorSeal(secret: string): CursorSeal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'tenant-router cursors', 32))
  return {
    seal(placement, cursor) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(ownerOf(placement))
      const text = Buffer.concat([cipher.update(cursor, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
    },
    open(placement, sealed) {
      const bytes = Buffer.from(sealed.slice(0, cursorMax), 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes))
        decipher.setAAD(ownerOf(placement)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8')
      } catch (cause) {
        const message = 'is none of this list, or from before the tenant was moved; begin the list again without it'
        const faults = [{ path: 'paginationToken', message }]
        throw new AppError('invalid_request', `Invalid pagination token: it ${message}.`, { faults, cause })
      }
    },
  }
}

/** A cursor of one place says nothing about another: a listing does not cross a switch. */
function ownerOf({ tenantId, placeId }: Placement): Buffer {
  return Buffer.from(`${tenantId} ${placeId}`)
}
