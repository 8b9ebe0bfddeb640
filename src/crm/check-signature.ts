import { createHmac, timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { AppError } from '../errors.ts'
import type { CrmSource } from './crm-source.ts'

/** A call of the hook as it came. */
export interface SignedCall {
  readonly body: Uint8Array
  header(name: string): string | undefined
}

/** Age of a call, and how far its clock may be ahead; Standard Webhooks and HubSpot both have five minutes. */
export const clockToleranceMs = 5 * 60_000

/**
 * Checks that a source signed the call a moment ago. A name that no source has is refused in the same words.
 * @throws AppError `unauthenticated`
 */
export function checkSignature(
  sources: readonly CrmSource[],
  name: string,
  call: SignedCall,
  nowMs = Date.now(),
): CrmSource {
  const source = sources.find((one) => one.name === name)
  if (source === undefined || !source.secrets.some((secret) => isSignedBy(source, secret, call, nowMs))) {
    const words = 'The call is not signed by that source, or its timestamp is more than five minutes off.'
    throw new AppError('unauthenticated', words)
  }
  return source
}

function isSignedBy({ signature }: CrmSource, secret: string, call: SignedCall, nowMs: number): boolean {
  return signature.kind === 'standard' ? isStandard(secret, call) : isHubSpots(signature.url, secret, call, nowMs)
}

/** https://www.standardwebhooks.com: id, time in seconds and body. */
function isStandard(secret: string, { body, header }: SignedCall): boolean {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  const headers = Object.fromEntries(names.map((name) => [name, header(name) ?? '']))
  try {
    new Webhook(secret).verify(Buffer.from(body), headers, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

/**
 * HubSpot's signature v3: an HMAC of method, address, body and time in milliseconds, by the app's client secret.
 * Source: developers.hubspot.com, *Validating requests*.
 */
function isHubSpots(url: string, secret: string, { body, header }: SignedCall, nowMs: number): boolean {
  const sent = header('x-hubspot-signature-v3')
  const time = header('x-hubspot-request-timestamp')
  if (sent === undefined || time === undefined || !/^\d{13}$/.test(time)) return false
  if (Math.abs(nowMs - Number(time)) > clockToleranceMs) return false
  const expected = createHmac('sha256', secret)
    .update(`POST${asHubSpotSigns(url)}`)
    .update(body)
    .update(time)
    .digest()
  const given = Buffer.from(sent, 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** HubSpot signs these characters of an address as themselves, however they are written in it. */
function asHubSpotSigns(url: string): string {
  return url.replaceAll(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (code) => decodeURIComponent(code))
}
