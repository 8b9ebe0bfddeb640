import type { NoticeType } from '../placement/notice-types.ts'

/** Where events are sent. */
export interface NoticeHook {
  readonly name: string
  readonly url: string
  /** `whsec_` and base64, as Standard Webhooks has it. */
  readonly secret: string
  readonly events: readonly NoticeType[]
  /** `slack`: a body that Slack's incoming webhooks take. */
  readonly format: 'standard' | 'slack'
}
