import type { RouteName } from '../kit/staff-api.ts'
import type { Visit } from '../kit/visit.ts'

interface SitePage {
  readonly path: string
  readonly label: string
  /** A person who may call this route sees the page. */
  readonly needs: RouteName
  /** Speaks of the machinery, in words that sales has no use for. */
  readonly isTechnical?: true
}

const sitePages: readonly SitePage[] = [
  { path: '/console/tenants', label: 'Tenants', needs: 'GET /tenants' },
  { path: '/console/moves', label: 'Moves', needs: 'GET /moves' },
  { path: '/console/import', label: 'Import', needs: 'POST /tenants/import' },
  { path: '/console/approvals', label: 'Approvals', needs: 'GET /approvals' },
  { path: '/console/shards', label: 'Shards', needs: 'GET /indexes', isTechnical: true },
  { path: '/console/audit', label: 'Audit', needs: 'GET /audit' },
]

const tryPage: SitePage = { path: '/console/try', label: 'Try a query', needs: 'GET /tenants' }

/** The pages that this person may open. */
export function pagesFor({ api, isPlain, tryQuery }: Pick<Visit, 'api' | 'isPlain' | 'tryQuery'>): readonly SitePage[] {
  const open = sitePages.filter(({ needs, isTechnical }) => api.may(needs) && !(isPlain && isTechnical))
  return tryQuery === undefined ? open : [...open, tryPage]
}
