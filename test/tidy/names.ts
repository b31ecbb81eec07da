import { basename } from 'node:path/posix'
import { doorsOf, type House, isProduct, isScript, type Rule, roomOf } from './house.ts'

/** Each would fit any file: it tells nobody what is inside. */
const SAYS_NOTHING = /^(utils?|helpers?|common|shared|libs?|misc|core|managers?|services?|handlers?|base|index)$/

const isOurs = (path: string) => /^(src|interactions|adapters|examples|scripts|test|bench|console)\//.test(path)

export const names: Rule = {
  says: 'files and folders are named in kebab-case after what they do',
  complaints: (house) => {
    const scripts = [...house.keys()].filter((path) => isOurs(path) && isScript(path))
    const words = new Set(scripts.flatMap((path) => path.replace(/(\.[a-z]+)+$/, '').split('/')))
    return [...words].flatMap((word) => {
      if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(word)) return [`${word}: write it in kebab-case`]
      return SAYS_NOTHING.test(word) ? [`${word}: name it after what it does`] : []
    })
  },
}

/** Vocabularies have no door: each of their files is public. */
const HAVE_NO_DOOR = new Set(['src', 'interactions', 'src/http', 'src/pages'])

export const doors: Rule = {
  says: 'every room has a door that bears its name and says what the room is for',
  complaints: (house) => {
    const rooms = new Set(
      [...house.keys()].filter((path) => isProduct(path) && !path.startsWith('adapters/')).map((path) => roomOf(path)),
    )
    return [...rooms].filter((room) => !HAVE_NO_DOOR.has(room)).flatMap((room) => withoutDoor(house, room))
  },
}

function withoutDoor(house: House, room: string): string[] {
  const door = doorsOf(room).find((path) => house.has(path))
  if (!door) return [`${room}: its door is missing: ${doorsOf(room)[0]} shows what others may use`]
  return /^\/\*\*\s/m.test(firstLines(house, door))
    ? []
    : [`${door}: begin with a sentence that says what ${basename(room)} is for`]
}

/** The comment stands above or right below the imports. */
const firstLines = (house: House, path: string) => (house.get(path) ?? '').split('\n').slice(0, 40).join('\n')
