import type { ConsolePage } from './kit/visit.ts'
import { accountForm, changeAccount } from './pages/account.ts'
import { approvalsPage, approveIt, rejectIt } from './pages/approvals.ts'
import { auditPage } from './pages/audit.ts'
import { applyTable, diffPage, importPage, previewTable, undoTable } from './pages/import.ts'
import { askSteer, doSteer, liveMove, movePage } from './pages/move.ts'
import { decideMove, decidePage } from './pages/move-decision.ts'
import { reportPage } from './pages/move-report.ts'
import { liveMoves, movesPage } from './pages/moves.ts'
import { palette } from './pages/palette.ts'
import { shardsPage } from './pages/shards.ts'
import { applyTags, previewTags, taggedPage, undoTags } from './pages/tag-tenants.ts'
import { tenantPage } from './pages/tenant.ts'
import { askDeed, doDeed } from './pages/tenant-deeds.ts'
import { documentsPage } from './pages/tenant-documents.ts'
import { changeLimits, limitsForm } from './pages/tenant-limits.ts'
import { tenantList } from './pages/tenant-list.ts'
import { askTried, tryPage } from './pages/try.ts'

/** Every page behind the sign-in. */
export const consolePages: readonly ConsolePage[] = [
  { method: 'get', path: '/tenants', show: tenantList },
  { method: 'post', path: '/tenants/tag', show: previewTags },
  { method: 'post', path: '/tenants/tagged', show: applyTags },
  { method: 'get', path: '/tenants/tagged/:id', show: (visit) => taggedPage(visit) },
  { method: 'post', path: '/tenants/tagged/:id/undo', show: undoTags },
  { method: 'get', path: '/tenants/:id', show: tenantPage },
  { method: 'get', path: '/tenants/:id/account', show: accountForm },
  { method: 'post', path: '/tenants/:id/account', show: changeAccount },
  { method: 'get', path: '/tenants/:id/documents', show: documentsPage },
  { method: 'get', path: '/tenants/:id/limits', show: limitsForm },
  { method: 'post', path: '/tenants/:id/limits', show: changeLimits },
  { method: 'get', path: '/tenants/:id/:verb', show: askDeed },
  { method: 'post', path: '/tenants/:id/:verb', show: doDeed },
  { method: 'get', path: '/moves', show: movesPage },
  { method: 'get', path: '/moves/live', show: liveMoves },
  { method: 'get', path: '/moves/:id', show: movePage },
  { method: 'get', path: '/moves/:id/live', show: liveMove },
  { method: 'get', path: '/moves/:id/report', show: reportPage },
  { method: 'get', path: '/moves/:id/decide', show: (visit) => decidePage(visit) },
  { method: 'post', path: '/moves/:id/decide', show: decideMove },
  { method: 'get', path: '/moves/:id/:verb', show: askSteer },
  { method: 'post', path: '/moves/:id/:verb', show: doSteer },
  { method: 'get', path: '/import', show: (visit) => importPage(visit) },
  { method: 'post', path: '/import', show: previewTable },
  { method: 'get', path: '/import/:id', show: (visit) => diffPage(visit) },
  { method: 'post', path: '/import/:id/apply', show: applyTable },
  { method: 'post', path: '/import/:id/undo', show: undoTable },
  { method: 'get', path: '/approvals', show: (visit) => approvalsPage(visit) },
  { method: 'post', path: '/approvals/:id/approve', show: approveIt },
  { method: 'post', path: '/approvals/:id/reject', show: rejectIt },
  { method: 'get', path: '/try', show: tryPage },
  { method: 'post', path: '/try', show: askTried },
  { method: 'get', path: '/shards', show: shardsPage },
  { method: 'get', path: '/audit', show: auditPage },
  { method: 'get', path: '/palette', show: palette },
]
