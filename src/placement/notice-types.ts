/** Events that are sent to the hooks of `NOTICE_HOOKS`. */
export const noticeTypes = [
  'tenant.created',
  'tenant.tagged',
  'tenant.awaiting_promotion',
  'tenant.promoted',
  'tenant.suspended',
  'tenant.offboarded',
  'move.stuck',
  'isolation.failed',
] as const
export type NoticeType = (typeof noticeTypes)[number]
