import { examineKeySet, type KeySetReport } from '../../auth/examine-keys.ts'
import { type ClockSample, headerSample } from './clock-samples.ts'
import { type Finding, fail, ok, shownUrl, warn, withCauses } from './finding.ts'

export interface IssuerAnswer {
  readonly findings: readonly Finding[]
  /** Undefined: the keys could not be read. */
  readonly keyIds: readonly string[] | undefined
}

/** Reach and keys of the token issuer. */
export async function checkIssuer(
  jwksUrl: string,
  signal: AbortSignal,
  note: (sample: ClockSample) => void,
): Promise<IssuerAnswer> {
  const sentMs = Date.now()
  try {
    const report = await examineKeySet(jwksUrl, signal)
    const sample = headerSample('issuer', report.headers, { sentMs, receivedMs: Date.now() })
    if (sample !== undefined) note(sample)
    return { findings: keyFindings(report, jwksUrl), keyIds: report.ids }
  } catch (error) {
    const fix =
      "Set JWT_JWKS_URL to the jwks_uri of the issuer's /.well-known/openid-configuration, and let this machine reach it."
    return { findings: [fail('issuer', `${shownUrl(jwksUrl)}: ${withCauses(error)}`, fix)], keyIds: undefined }
  }
}

function keyFindings({ usable, unusable, isPrivate }: KeySetReport, jwksUrl: string): readonly Finding[] {
  const findings: Finding[] = []
  if (usable.length === 0) {
    const found = `its key set has no key that verifies a token here${unusable.length > 0 ? `: ${unusable.join('; ')}` : ''}`
    findings.push(fail('issuer', found, 'Have it sign by RS, PS or ES of 256 to 512, or EdDSA, and serve those keys.'))
  } else {
    const rest = unusable.length > 0 ? `; not used: ${unusable.join('; ')}` : ''
    findings.push(ok('issuer', `serves ${usable.length} key(s) (${[...new Set(usable)].join(', ')})${rest}`))
  }
  if (isPrivate) {
    const fix =
      'Replace every key of the issuer now, and serve public halves alone: whoever reads the set can sign tokens.'
    findings.push(fail('issuer', 'its key set has private or shared keys in it', fix))
  }
  const { protocol, hostname } = new URL(jwksUrl)
  if (protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(hostname)) {
    const fix = 'Use https:// in JWT_JWKS_URL: whoever stands between can exchange the keys.'
    findings.push(warn('issuer', 'its keys come without encryption', fix))
  }
  return findings
}
