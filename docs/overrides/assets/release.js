// "My torch is …": each block, each note of a version and the matrix of releases answer
// for the release that the reader has chosen in the header. What a block says on a
// release comes from render/answers.py.
(() => { // scripts of a page share their names
  const choice = document.querySelector(".site-release select")
  const difference = document.querySelector(".site-difference")

  // One choice for both languages: the scope is the folder above. A private window or a
  // browser's settings may forbid the store; then the choice lasts as long as the page.
  const key = `${__md_scope.pathname}.release`
  function stored() {
    try { return localStorage.getItem(key) } catch { return null }
  }
  function store(release) {
    try { localStorage.setItem(key, release) } catch { /* see above */ }
  }

  // What a block says: state, text, and the device on which something differs.
  function answerOf(foot, release) {
    const answers = JSON.parse(foot.dataset.answers ?? "[]")
    const [state, text, device] =
      answers.find(answer => answer[3].split(" ").includes(release)) ?? ["passed", "torch {} · CPU", ""]
    return { state, text: text.replace("{}", release), device }
  }

  function element(name, className, text = "") {
    const made = document.createElement(name)
    made.className = `${className} for-release`
    made.textContent = text
    return made
  }

  function showAnswer(foot, release) {
    const all = foot.querySelector(".snippet-state")
    all.hidden = release !== ""
    const name = foot.closest(".snippet").querySelector(".filename")
    delete name.dataset.elsewhere
    if (!release) return
    const { state, text, device } = answerOf(foot, release)
    const sign = element("span", "", { passed: "✓", failed: "✗", "output-changed": "✗" }[state] ?? "○")
    sign.ariaHidden = "true"
    const said = element("span", `snippet-state snippet-${state}`)
    said.append(sign, ` ${text}`)
    all.after(said)
    if (state === "elsewhere") name.dataset.elsewhere = text
    if (!device) return
    const link = element("a", "snippet-difference", difference.textContent)
    link.href = `${difference.getAttribute("href")}#torch-${release.replaceAll(".", "-")}-${device}`
    foot.querySelector(".snippet-download").before(link)
  }

  // The release has a column in one table and a row in another.
  function markTables(release) {
    document.querySelectorAll(".md-typeset table").forEach(table => {
      const heads = [...table.querySelectorAll("thead th")].map(head => head.textContent)
      for (const row of table.rows) {
        for (const [n, cell] of [...row.cells].entries()) {
          const isColumn = n > 0 && heads[n].split(" ")[0] === release
          const isRow = heads[0] === "torch" && row.cells[0].textContent === release
          cell.classList.toggle("of-release", release !== "" && (isColumn || isRow))
        }
      }
    })
  }

  // Is one version before another? 2.6.0 is not before "2.6", nor the other way round.
  function isBefore(version, other) {
    const [parts, others] = [version, other].map(x => x.split(".").map(Number))
    const n = others.findIndex((part, n) => part !== parts[n])
    return n >= 0 && parts[n] < others[n]
  }

  const words = document.documentElement.lang === "zh"
    ? { applies: "适用于", not: "不适用于" } : { applies: "applies to", not: "doesn't apply to" }

  // Behind a note, whether it applies to the release.
  function sign(release, applies) {
    const made = element("span", "release-sign", applies ? " ✓ " : " ✗ ")
    made.title = `${applies ? words.applies : words.not} torch ${release}`
    const said = element("span", "spoken", `(${made.title})`)
    made.append(release, said)
    return made
  }

  // Notes of versions in sentences. The pages write them in these ways only.
  const VERSION = String.raw`(?:torch |PyTorch )?\b([12]\.\d+(?:\.\d+)?)`
  const NOTES = [
    [`\\b(?:since|added in) ${VERSION}|${VERSION} ?(?:(?:and|or) (?:later|newer)|起|(?:及以后|或更新)(?:的版本)?)`,
      (release, version) => !isBefore(release, version)],
    [`\\bbefore ${VERSION}|${VERSION} ?之前`, isBefore],
    [`${VERSION} ?(?:and earlier|及更早(?:的版本)?)`, (release, version) => !isBefore(version, release)],
  ].map(([pattern, applies]) => ({ pattern: new RegExp(pattern, "gi"), applies }))

  // A sign stands between texts, so a note stays whole when the signs go again.
  function markSentences(release) {
    const outside = "pre, code, h1, h2, h3, h4, .snippet, .for-release, .changes td:last-child"
    const walker = document.createTreeWalker(
      document.querySelector(".md-content .md-typeset"), NodeFilter.SHOW_TEXT)
    const texts = []
    while (walker.nextNode()) {
      if (!walker.currentNode.parentElement.closest(outside)) texts.push(walker.currentNode)
    }
    for (const text of texts) {
      const signs = NOTES.flatMap(({ pattern, applies }) =>
        [...text.data.matchAll(pattern)].map(note => ({
          end: note.index + note[0].length,
          applies: applies(release, note[1] ?? note[2]),
        })))
      signs.sort((a, b) => b.end - a.end)
      for (const { end, applies } of signs) text.splitText(end).before(sign(release, applies))
    }
  }

  // The tables of changes: what applies is the cell "Before" or the cell "Now". If the
  // last cell says more than a version, we know only that the change was not later.
  function markChanges(release) {
    document.querySelectorAll(".md-typeset table").forEach(table => {
      const last = table.tHead?.rows[0].cells[3]?.textContent
      if (!["Since", "从哪个版本起"].includes(last)) return
      table.classList.add("changes")
      for (const { cells } of table.tBodies[0].rows) {
        const [, before, now, since] = cells
        const versions = since.textContent.match(/\d+\.\d+(\.\d+)?/g)
        if (versions.every(version => !isBefore(release, version))) now.append(sign(release, true))
        else if (versions[0] === since.textContent) before.append(sign(release, true))
      }
    })
  }

  // The lists of error messages: the releases on which a message reads so.
  function markMessages(release) {
    document.querySelectorAll(".seen-on").forEach(line => {
      const seen = line.textContent.match(/torch ([^\s].*)$/)[1].split(", ")
      const applies = seen.some(range => {
        const [first, last = first] = range.replaceAll("+cpu", "").split("–")
        return !isBefore(release, first) && !isBefore(last, release)
      })
      line.append(sign(release, applies))
    })
  }

  function show(release) {
    document.querySelectorAll(".for-release").forEach(made => made.remove())
    document.documentElement.classList.toggle("one-release", release !== "")
    document.querySelectorAll(".snippet-foot").forEach(foot => showAnswer(foot, release))
    markTables(release)
    if (!release) return
    markMessages(release)
    markChanges(release)
    markSentences(release)
  }

  // A release that isn't among the records can't be chosen, nor one that no longer is.
  function showStored() {
    const release = stored() ?? ""
    choice.value = release
    if (choice.selectedIndex < 0) choice.value = ""
    show(choice.value)
  }

  if (choice) {
    choice.addEventListener("change", () => { store(choice.value); show(choice.value) })
    // In another window, or before the reader came back to this page.
    addEventListener("storage", event => { if (event.key === key) showStored() })
    addEventListener("pageshow", event => { if (event.persisted) showStored() })
    showStored()
  }
})()
