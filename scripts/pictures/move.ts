import { box, page, round, type Tone, text } from './svg.ts'

interface Span {
  readonly from: number
  readonly to: number
  readonly words: string
  readonly tone: Tone
}

const left = 150
const right = 940
/** The start of each phase as a share of the time line; for readability, not to scale. */
const phases: readonly { readonly name: string; readonly from: number; readonly states: readonly string[] }[] = [
  { name: 'STEADY(X)', from: 0, states: ['queued', 'preparing'] },
  { name: 'ARM', from: 0.15, states: ['arming'] },
  { name: 'TRACK', from: 0.26, states: ['copying, verifying', 'fencing: waits'] },
  { name: 'FENCE', from: 0.47, states: ['fencing:', 'holds'] },
  { name: 'FLIP', from: 0.57, states: ['switching'] },
  { name: 'SOAK', from: 0.67, states: ['soaking'] },
  { name: 'STEADY(Y)', from: 0.88, states: ['completing', 'completed'] },
]
const rows: readonly { readonly label: string; readonly hint: string; readonly spans: readonly Span[] }[] = [
  {
    label: 'Reads',
    hint: 'never stop',
    spans: [
      { from: 0, to: 0.57, words: 'X', tone: 'caller' },
      { from: 0.57, to: 1, words: 'Y', tone: 'store' },
    ],
  },
  {
    label: 'Writes',
    hint: 'pause for the switch',
    spans: [
      { from: 0, to: 0.15, words: 'X', tone: 'caller' },
      { from: 0.15, to: 0.47, words: 'change log, then X', tone: 'registry' },
      { from: 0.47, to: 0.67, words: 'held, at most 5 s', tone: 'stop' },
      { from: 0.67, to: 0.88, words: 'change log, then Y', tone: 'registry' },
      { from: 0.88, to: 1, words: 'Y', tone: 'store' },
    ],
  },
  {
    label: 'Mover',
    hint: 'any replica, under a lease',
    spans: [
      { from: 0, to: 0.15, words: 'makes Y', tone: 'router' },
      { from: 0.15, to: 0.26, words: 'barrier', tone: 'router' },
      { from: 0.26, to: 0.47, words: 'copies, compares', tone: 'router' },
      { from: 0.47, to: 0.57, words: 'the tail', tone: 'router' },
      { from: 0.57, to: 0.67, words: 'barrier', tone: 'router' },
      { from: 0.67, to: 0.88, words: 'syncs Y → X', tone: 'router' },
      { from: 0.88, to: 1, words: 'purges X', tone: 'router' },
    ],
  },
  {
    label: 'May be undone',
    hint: 'with nothing lost',
    spans: [
      { from: 0, to: 0.57, words: 'cancel: Y is dropped', tone: 'plain' },
      { from: 0.57, to: 0.67, words: 'no', tone: 'stop' },
      { from: 0.67, to: 0.88, words: 'rollback to X', tone: 'plain' },
      { from: 0.88, to: 1, words: 'no', tone: 'stop' },
    ],
  },
]

/** The phases of a move on a time line: the targets of reads and writes, the mover's work, and what may be undone. */
export function movePicture(): string {
  return page({
    width: 960,
    height: 408,
    title: 'A move from place X to place Y: its phases, where reads and writes go, and what may be undone',
    body: [
      text(20, 28, 'A move takes a tenant from place X to place Y while its app reads and writes', 'name'),
      ...phases.flatMap(({ name, from, states }, at) => {
        const to = phases[at + 1]?.from ?? 1
        const middle = (xOf(from) + xOf(to)) / 2
        return [
          text(middle, 62, name, 'name middle'),
          ...states.map((state, line) => text(middle, 82 + 16 * line, state, 'small middle')),
          ...(at === 0 ? [] : [`<path class="frame" d="M${xOf(from)} 48V384"/>`]),
        ]
      }),
      ...rows.flatMap(({ label, hint, spans }, at) => [
        text(20, 136 + 68 * at, label, 'name'),
        ...wrapped(hint).map((line, row) => text(20, 153 + 68 * at + 15 * row, line, 'small')),
        ...spans.map(({ from, to, words, tone }) =>
          box({
            x: xOf(from) + 2,
            y: 118 + 68 * at,
            width: round(xOf(to) - xOf(from) - 4),
            height: 44,
            title: words,
            tone,
          }),
        ),
      ]),
      text(
        left,
        400,
        'Not to scale: copying takes seconds to hours, the held moment a fraction of a second, the soak MOVE_RETENTION_H (72 h).',
        'small',
      ),
    ],
  })
}

function xOf(share: number): number {
  return round(left + share * (right - left))
}

function wrapped(words: string): string[] {
  const lines: string[] = []
  for (const word of words.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length > 16) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
