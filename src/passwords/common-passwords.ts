/**
 * Passwords that guessers try first, by how they are made rather than by a list of them: a few known words, runs along
 * the keyboard or the alphabet, years and repetitions, one after the other. A list of words times digits times endings
 * would be millions; this is its grammar.
 */

/** What takes a guesser no more than this many pieces is refused; a character outside of any piece is one by itself. */
const CHEAP_PIECES_MAX = 4

const RUN_LENGTH_MIN = 3

/** Neighbours on a keyboard or in an order that everybody knows; a run may go either way. */
const LINES = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  '`1234567890-=',
  '!@#$%^&*()_+',
  'qwertyuiop[]\\',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'azertyuiop',
  'qwertzuiop',
  'qazwsxedcrfvtgbyhnujmikolp',
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik,', '9ol.', '0p;/'],
  ...['147258369', '741852963', '789456123', '159357', '135792468', '246813579'],
  ...['甲乙丙丁戊己庚辛壬癸', '一二三四五六七八九十'],
]

const WORDS = [
  // What a password is for, and what it is kept for.
  'password passwort passwd passphrase secret letmein welcome login signin access changeme default temporary temp',
  'admin administrator root user guest test testing demo sample example server system network internet computer',
  'windows android iphone apple google microsoft baidu tencent wechat weixin alipay taobao huawei xiaomi bilibili',
  // What people like.
  'iloveyou love lovely loveyou princess sunshine rainbow flower summer winter spring autumn monkey dragon tiger panda',
  'shadow master hunter killer superman batman spiderman pokemon naruto football basketball baseball soccer freedom',
  'forever friend friends family mother father baby angel happy lucky hello world goodluck money music guitar coffee',
  'chocolate cookie orange banana cherry diamond silver golden purple trustno charlie michael jordan jessica ashley',
  // A school.
  'school college university campus student teacher professor library freshman graduate education science physics',
  'xuexiao daxue xueyuan xuesheng laoshi tongxue tushuguan biye kaoshi xuexi tongyi shenfen renzheng denglu zhanghao',
  'monday tuesday wednesday thursday friday saturday sunday january february march april june july august september',
  'october november december',
  // Pinyin: what is said often, cities, family and given names.
  'mima woaini woaiwojia wodemima aini baobao baobei laopo laogong qinaide nihao xiexie zaijian kuaile xingfu pengyou',
  'zhongguo china beijing shanghai guangzhou shenzhen hangzhou nanjing wuhan chengdu chongqing tianjin suzhou xian',
  'wang zhang liu chen yang huang zhao zhou sun zhu lin guo luo liang song zheng xie tang feng deng cao peng zeng xiao',
  'tian dong pan yuan cai jiang ye du su wei cheng ding ren shen yao lu fu zhong cui tan liao fan shi jin jia xia',
  'ming hua jun fang lei jing qiang ping hong gang yong jie tao bin yan juan xiu ying mei dan xin hao yu ting',
  // Numbers that stand for words.
  '5201314 1314520 1314521 7758521 7758258 520 521 1314 168 518 588 1688 a1b2c3',
  '112233 11223344 1122334455 123321 1234321',
  '密码 我爱你 爱你 中国 北京 上海 大学 学校 学院 学生 老师 统一 身份 认证 你好 世界 快乐 幸福 宝贝 老婆 老公 新年 恭喜 发财',
].flatMap((line) => line.split(' '))

/** Letters that are written as something else and fool nobody. */
const DISGUISES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'il',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '+': 't',
}

/** 1999, 202409, 20240901 and 240901. */
const DATE =
  /^(?:(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?)?|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))$/

export function isCommon(password: string): boolean {
  return countPieces(Array.from(password.normalize('NFKC').toLowerCase())) <= CHEAP_PIECES_MAX
}

/** The fewest pieces that make this text, one after the other. */
function countPieces(text: readonly string[]): number {
  const fewest = [0]
  const at = (index: number) => fewest[index] ?? Number.POSITIVE_INFINITY
  for (let start = 0; start < text.length; start++) {
    for (const length of pieceLengths(text, start)) {
      fewest[start + length] = Math.min(at(start + length), at(start) + 1)
    }
  }
  return at(text.length)
}

/** How long the pieces are that may begin here. */
function pieceLengths(text: readonly string[], start: number): number[] {
  const runLength = Math.max(repeatedLength(text, start), ...LINES.map((line) => lengthAlong(line, text, start)))
  const runs = Array.from({ length: Math.max(0, runLength - RUN_LENGTH_MIN + 1) }, (_, more) => RUN_LENGTH_MIN + more)
  const words = WORDS.filter((word) => isWordAt(word, text, start)).map(({ length }) => length)
  const dates = [4, 6, 8].filter((length) => DATE.test(text.slice(start, start + length).join('')))
  return [1, ...runs, ...words, ...dates, ...echoLengths(text, start)]
}

/** `aaaa`. */
function repeatedLength(text: readonly string[], start: number): number {
  let end = start
  while (end < text.length && text[end] === text[start]) end++
  return end - start
}

/** `asdf` and `fdsa`. */
function lengthAlong(line: string, text: readonly string[], start: number): number {
  const lengthBy = (step: number) => {
    let end = start + 1
    while (end < text.length && isStep(line, step, text[end - 1], text[end])) end++
    return end - start
  }
  return Math.max(lengthBy(1), lengthBy(-1))
}

function isStep(line: string, step: number, from = '', to = ''): boolean {
  const index = line.indexOf(from)
  return index !== -1 && line[index + step] === to
}

/** What stood just before, said again, once or more often. */
function echoLengths(text: readonly string[], start: number): number[] {
  const lengths: number[] = []
  for (let unit = 2; unit <= Math.min(start, text.length - start); unit++) {
    let end = start
    while (end < text.length && text[end] === text[end - unit]) end++
    for (let length = unit; length <= end - start; length += unit) lengths.push(length)
  }
  return lengths
}

function isWordAt(word: string, text: readonly string[], start: number): boolean {
  return [...word].every((letter, index) => {
    const typed = text[start + index] ?? ''
    return typed === letter || DISGUISES[typed]?.includes(letter) === true
  })
}
