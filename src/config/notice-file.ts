import { z } from 'zod'
import type { NoticeHook } from '../notices/notice-hook.ts'
import { noticeTypes } from '../placement/notice-types.ts'
import { entriesIn, hookName, isWebhookSecret, plainUrl, variableName, webhookSecretRemedy } from './file-entries.ts'
import { jsonFileOf } from './json-file.ts'
import { Secret } from './secret.ts'
import type { SettingReader } from './setting-reader.ts'

/** A hook whose secret is not printed. */
export interface NoticeHookSettings extends Omit<NoticeHook, 'secret'> {
  readonly secret: Secret
}

const entry = z.strictObject({
  name: hookName,
  url: plainUrl,
  secretVariable: variableName,
  events: z
    .array(z.enum(noticeTypes, `must be one of ${noticeTypes.join(', ')}`), 'must be a list of events')
    .optional(),
  format: z.enum(['standard', 'slack'], 'must be standard or slack').optional(),
})

const remedy =
  'write a list of {"name", "url", "secretVariable", "events"?, "format"?}, or leave NOTICE_HOOKS unset to send nothing'

/** The hooks in the file of `NOTICE_HOOKS`; none when it is not set. The reader collects every fault of the file. */
export function noticeHooksOf(read: SettingReader): readonly NoticeHookSettings[] {
  const file = jsonFileOf(read, 'NOTICE_HOOKS', remedy)
  if (file === undefined) return []
  const hooks: NoticeHookSettings[] = []
  const fault = (wrong: string, words: string) => read.fault('NOTICE_HOOKS', wrong, words)
  for (const { where, data } of entriesIn(read, 'NOTICE_HOOKS', file, { entry, remedy })) {
    if (data === undefined) continue
    const { name, url, secretVariable, events = noticeTypes, format = 'standard' } = data
    if (hooks.some((hook) => hook.name === name)) fault(`has in ${where} a name that is taken`, 'give each its own')
    const secret = read.variable(secretVariable)
    if (secret === undefined || !isWebhookSecret(secret)) {
      const what = secret === undefined ? 'is not set' : 'is no secret of a webhook'
      fault(`names ${secretVariable} in ${where}, which ${what}`, webhookSecretRemedy)
    } else hooks.push({ name, url, events, format, secret: new Secret(secret) })
  }
  return hooks
}
