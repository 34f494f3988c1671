// The search worker. It replaces the theme's worker and uses the same messages.
//
// The theme's search splits a query only at spaces, so 冻结bn层 is one word that no page
// contains. It finds only exact words, so a typo finds nothing. For an error message,
// it ranks a heading that contains "of" above the page that quotes the message.
//
// MiniSearch ranks by BM25+, completes the last word and tolerates typos. This file
// adds what it can't know: how to split code and Chinese into terms, and synonyms.

const SETUP = 0, READY = 1, QUERY = 2, RESULT = 3

const FIELDS = { title: 5, page: 1.5, tags: 6, text: 1 }
// Words that say little about the topic of an error message or a question.
const COMMON = new Set(
  ("a an and are as at be but by can cannot could do does don for from got had has have how i if in is it its"
  + " like me my no not of on or so than that the their then there they this to up was were what when where which"
  + " why will with you your error errors runtimeerror valueerror typeerror traceback most recent call last file"
  + " line module pytorch torch 的 了 是 在 和 与 怎么 怎样 如何 什么 为什么 报错 一下 可以 吗 呢").split(" "))
const COMMON_WEIGHT = 0.1
const SYNONYM_WEIGHT = 0.8
// Pages that only list the contents of other pages rank below those pages.
const LISTS = /^(reference\/(api|errata|glossary|releases)\/|#|$)/
const LIST_WEIGHT = 0.5
// These pages quote every error message in full. With the normal weight, they would
// rank above the pages that explain the error.
const ERRORS = /^reference\/errors/
const ERRORS_WEIGHT = 0.12
const HAN = /\p{sc=Han}/u
const WORD = /\p{sc=Han}+|[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*/gu
// In np.tile, the reader looks for tile, and np is only the library it comes from.
const ALIAS = /(?<![\w.])(?:np|numpy|tf|keras|jnp|jax)\.(?=[A-Za-z_])/g
const MARKS = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'" }

// --- terms ---

// Split code into the parts that a reader may remember: torch.nn.BatchNorm2d into
// itself, torch, nn, batchnorm2d, batch and norm2d.
function termsOfCode(word) {
  const terms = [word]
  for (const name of word.split(".")) {
    terms.push(name)
    for (const part of name.split("_")) {
      terms.push(part)
      terms.push(...part.split(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/))
    }
  }
  return [...new Set(terms.map(term => term.toLowerCase()))].filter(Boolean)
}

// Chinese has no spaces between words, and dictionaries lack terms such as 半精度. So each
// pair of adjacent characters is a term, in the index and in the query.
function termsOfHan(run) {
  if (run.length < 2) return [run]
  return Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
}

function termsOf(text) {
  const words = text.normalize("NFKC").match(WORD) ?? []
  return words.flatMap(word => HAN.test(word) ? termsOfHan(word) : termsOfCode(word))
}

function plain(html) {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/&(?:lt|gt|amp|quot|#39);/g, mark => MARKS[mark])
    .replace(/\u200b/g, "")
}

// --- the index ---

class Search {
  constructor({ config, docs }) {
    this.synonyms = Object.entries(config.synonyms ?? {})
      .map(([typed, meant]) => ({ pattern: new RegExp(bounded(typed), "giu"), meant }))
    this.docs = new Map()
    this.pages = new Map()
    for (const doc of docs) {
      const [path] = doc.location.split("#")
      if (!this.pages.has(path)) this.pages.set(path, doc)
      this.docs.set(doc.location, { ...doc, path, text: plain(doc.text), title: plain(doc.title) })
    }
    this.index = new MiniSearch({
      idField: "location",
      fields: Object.keys(FIELDS),
      tokenize: termsOf,
      processTerm: term => term,
    })
    this.index.addAll([...this.docs.values()].map(doc => ({
      ...doc,
      tags: (doc.tags ?? []).join(" "),
      page: `${this.pages.get(doc.path).title} ${doc.path}`,
    })))
  }

  search(query) {
    const wanted = wordsOf(query).map(word => ({
      word,
      weight: COMMON.has(word.toLowerCase()) ? COMMON_WEIGHT : 1,
      terms: termsOf(word),
      meant: [],
    }))
    if (!wanted.length) return { items: [], suggest: [] }
    const clauses = wanted.map(({ word, weight }) => clause(word, weight))
    clauses.at(-1).prefix = isNoPair // The last word may be incomplete.
    for (const { pattern, meant } of this.synonyms) {
      for (const [typed] of query.matchAll(pattern)) {
        clauses.push(clause(meant, SYNONYM_WEIGHT))
        // np.concatenate is one word, of which the synonym may be about a part.
        const covered = wanted.filter(({ word }) =>
          typed.includes(word) || word.split(".").includes(typed))
        for (const one of covered) one.meant.push(...termsOf(meant))
      }
    }
    const found = this.index.search({ combineWith: "OR", queries: clauses }, { boost: FIELDS })
    const name = query.trim().toLowerCase()
    const results = found.map(result => this.result(result, wanted, name))
    results.sort((a, b) => b.score - a.score)
    return { items: this.byPage(results), suggest: this.completion(wanted.at(-1).word) }
  }

  // Rank a section that has all of the words above one that has a single word often.
  result({ id, score, queryTerms }, wanted, name) {
    const has = new Set(queryTerms)
    const share = terms => terms.filter(term => has.has(term)).length / terms.length
    let [got, all] = [0, 0]
    const terms = {}
    for (const { word, weight, terms: own, meant } of wanted) {
      const part = Math.max(share(own) ** 2, meant.some(term => has.has(term)) ? SYNONYM_WEIGHT : 0)
      if (weight === 1) terms[word] = part > 0.5
      got += weight * part
      all += weight
    }
    const place = LISTS.test(id) ? LIST_WEIGHT : ERRORS.test(id) ? ERRORS_WEIGHT : 1
    const doc = this.docs.get(id)
    const named = doc.title.toLowerCase() === name ? 2 : 1 // The query is its title.
    return { ...doc, terms, score: score * place * named * (0.1 + (got / all) ** 2) }
  }

  byPage(results) {
    const groups = new Map()
    for (const result of results) {
      if (!groups.has(result.path)) groups.set(result.path, [])
      groups.get(result.path).push(result)
    }
    return [...groups].map(([path, group]) => {
      const page = this.pages.get(path)
      if (!group.some(result => result.location === page.location)) {
        group.push({ ...this.docs.get(page.location), score: 0, terms: {} })
      }
      return group.map(result => this.shown(result))
    })
  }

  shown(result) {
    const words = Object.keys(result.terms).filter(word => result.terms[word])
    const chapter = this.pages.get(result.path).chapter
    const isPage = result.location === this.pages.get(result.path).location
    const title = marked(result.title, words) + (isPage && chapter ? ` <small>${chapter}</small>` : "")
    return { ...result, title, text: `<p>${passage(result.text, words)}</p>`, tags: result.tags }
  }

  // The completion that the theme shows in gray after the last word.
  completion(word) {
    if (HAN.test(word)) return []
    const options = { prefix: true, fuzzy: false, fields: ["title", "tags"] }
    const found = this.index.autoSuggest(word.toLowerCase(), options)
    return found.flatMap(({ terms }) => terms).filter(term => term.startsWith(word)).slice(0, 1)
  }
}

// --- the query ---

// Split a query into words. Memory addresses and file paths are left out, because they
// differ between machines, and so are the names of other libraries before a dot. Chinese is split into words if the browser supports that,
// because the theme lists the words that a result doesn't contain.
function wordsOf(query) {
  const text = query.normalize("NFKC")
    .replace(/0x[\da-f]+/gi, " ")
    .replace(/(?:[A-Za-z]:)?(?:[\\/][\w.~+-]+){2,}/g, " ")
    .replace(ALIAS, "")
  let words = (text.match(WORD) ?? []).flatMap(word => HAN.test(word) ? segments(word) : [word])
  const told = words.filter(word => !/^\d/.test(word))
  if (told.length > 2) words = told
  return [...new Set(words)]
}

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("zh", { granularity: "word" }) : null

function segments(run) {
  return segmenter ? Array.from(segmenter.segment(run), ({ segment }) => segment) : [run]
}

// A pair of Chinese characters must match exactly. Other terms may be incomplete or
// have a typo.
const isNoPair = term => !HAN.test(term) || term.length === 1

function clause(text, weight) {
  return {
    queries: [text],
    boostTerm: () => weight,
    prefix: term => isNoPair(term) && (HAN.test(term) || term.length > 3),
    fuzzy: term => !HAN.test(term) && term.length > 4 && (term.length > 8 ? 2 : 1),
    weights: { prefix: 0.4, fuzzy: 0.25 },
  }
}

function bounded(words) {
  const text = words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  return HAN.test(words) ? text : `(?<![A-Za-z\\d_])${text}(?![A-Za-z\\d_])`
}

// --- what is shown ---

const escaped = text => text.replace(/[&<>]/g, sign => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign])

function pattern(words) {
  const each = words.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  return each.length ? new RegExp(each.sort((a, b) => b.length - a.length).join("|"), "giu") : null
}

function marked(text, words) {
  const found = pattern(words)
  return escaped(text).replace(found ?? /$^/, word => `<mark>${word}</mark>`)
}

// The part of a text that contains the most of the words.
function passage(text, words, length = 220) {
  const found = pattern(words)
  const places = found ? Array.from(text.matchAll(found), match => match.index) : []
  let [start, most] = [0, 0]
  for (const place of places) {
    const inside = new Set(places
      .filter(other => other >= place && other < place + length)
      .map(other => text.slice(other, other + 4).toLowerCase()))
    if (inside.size > most) [start, most] = [place, inside.size]
  }
  start = Math.max(0, start - 30)
  const part = text.slice(start, start + length).replace(/\s+/g, " ").trim()
  return (start ? "… " : "") + marked(part, words) + (start + length < text.length ? " …" : "")
}

// --- the worker ---

let search

async function answer({ type, data }) {
  if (type === SETUP) {
    // In the archive without a server, a frame with this script replaces the worker.
    const here = typeof document === "undefined" ? location.href : document.querySelector("script[src]").src
    await importScripts(new URL("vendor/minisearch.js", here).href)
    search = new Search(data)
    return { type: READY }
  }
  return { type: RESULT, data: search.search(data) }
}

addEventListener("message", async event => postMessage(await answer(event.data)))
