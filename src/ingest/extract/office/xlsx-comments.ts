import { elementsOf, textWithin, type XmlElement, xmlTree } from './xml-tree.ts'

/** Comments of a sheet by cell, as in `B3`, each with its author: `Comment (Ada): Why so cheap?` */
export type CellComments = ReadonlyMap<string, string>

/** The file of each sheet, by its name. @param relations of the workbook. */
export function sheetFiles(workbook: string, relations: string): ReadonlyMap<string, string> {
  const targets = new Map(
    [...elementsOf(xmlTree(relations), 'Relationship')].map(({ attribs }) => [attribs.Id, attribs.Target ?? '']),
  )
  return new Map(
    [...elementsOf(xmlTree(workbook), 'sheet')].map(({ attribs }) => [
      attribs.name ?? '',
      resolved(targets.get(attribs['r:id']) ?? '', 'xl'),
    ]),
  )
}

/** @param sourceOf a part of the file, by name; empty for one that is not there. */
export function cellComments(sheetFile: string, sourceOf: (name: string) => string): CellComments {
  const [folder, name] = [
    sheetFile.slice(0, sheetFile.lastIndexOf('/')),
    sheetFile.slice(sheetFile.lastIndexOf('/') + 1),
  ]
  const files = [...elementsOf(xmlTree(sourceOf(`${folder}/_rels/${name}.rels`)), 'Relationship')].map(
    ({ attribs }) => ({
      kind: (attribs.Type ?? '').split('/').at(-1),
      source: sourceOf(resolved(attribs.Target ?? '', folder)),
    }),
  )
  const ofKind = (kind: string) => files.filter((file) => file.kind === kind).map(({ source }) => xmlTree(source))
  const persons = new Map(
    [...elementsOf(xmlTree(sourceOf('xl/persons/person.xml')), 'person')].map(({ attribs }) => [
      attribs.id,
      attribs.displayName ?? '',
    ]),
  )
  const found = new Map<string, string[]>()
  const add = ({ attribs }: XmlElement, author: string, text: string) => {
    const line = text.replace(/\s+/g, ' ').trim()
    if (line === '') return
    const place = attribs.ref ?? ''
    found.set(place, [...(found.get(place) ?? []), `${author === '' ? 'Comment' : `Comment (${author})`}: ${line}`])
  }
  for (const tree of ofKind('threadedComment')) {
    for (const one of elementsOf(tree, 'threadedComment')) {
      add(one, persons.get(one.attribs.personId ?? '') ?? '', textWithin(one))
    }
  }
  for (const tree of ofKind('comments')) {
    const authors = [...elementsOf(tree, 'author')].map((one) => textWithin(one).trim())
    for (const one of elementsOf(tree, 'comment')) {
      const author = authors[Number(one.attribs.authorId)] ?? ''
      // Excel repeats a thread as a note for its older versions.
      if (author.startsWith('tc=')) continue
      const text = [...elementsOf(one, 't')].map(textWithin).join('').trim()
      // Excel begins a note with its author's name.
      add(one, author, author !== '' && text.startsWith(`${author}:`) ? text.slice(author.length + 1) : text)
    }
  }
  return new Map([...found].map(([place, lines]) => [place, lines.join(' ')]))
}

function resolved(target: string, folder: string): string {
  if (target.startsWith('/')) return target.slice(1)
  const parts = folder.split('/')
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
