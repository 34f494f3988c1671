// "My torch is …": blocks, version notes in the text and tables show what applies to the
// release that the reader chose in the header. render/answers.py provides the results.
(() => { // All scripts of a page share one scope.
  const choice = document.querySelector(".site-release select")
  const difference = document.querySelector(".site-difference")

  // Both languages share the choice: __md_scope is the folder above them. If the browser
  // blocks localStorage, the choice lasts until the reader leaves the page.
  const key = `${__md_scope.pathname}.release`
  function stored() {
    try { return localStorage.getItem(key) } catch { return null }
  }
  function store(release) {
    try { localStorage.setItem(key, release) } catch { /* Storage is blocked. */ }
  }

  // The result of a block: the state, the text, and the device with a difference or "".
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

  // Highlight the release: one table has a column for it, another has a row.
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

  // Whether one version is before another. Neither 2.6.0 nor 2.6 is before the other.
  function isBefore(version, other) {
    const [parts, others] = [version, other].map(x => x.split(".").map(Number))
    const n = others.findIndex((part, n) => part !== parts[n])
    return n >= 0 && parts[n] < others[n]
  }

  const words = document.documentElement.lang === "zh"
    ? { applies: "适用于", not: "不适用于" } : { applies: "applies to", not: "doesn't apply to" }

  // The sign after a version note says whether the note applies.
  function sign(release, applies) {
    const made = element("span", "release-sign", applies ? " ✓ " : " ✗ ")
    made.title = `${applies ? words.applies : words.not} torch ${release}`
    const said = element("span", "spoken", `(${made.title})`)
    made.append(release, said)
    return made
  }

  // Patterns of version notes in sentences. The pages use no other forms.
  const VERSION = String.raw`(?:torch |PyTorch )?\b([12]\.\d+(?:\.\d+)?)`
  const NOTES = [
    [`\\b(?:since|added in) ${VERSION}|${VERSION} ?(?:(?:and|or) (?:later|newer)|起|(?:及以后|或更新)(?:的版本)?)`,
      (release, version) => !isBefore(release, version)],
    [`\\bbefore ${VERSION}|${VERSION} ?之前`, isBefore],
    [`${VERSION} ?(?:and earlier|及更早(?:的版本)?)`, (release, version) => !isBefore(version, release)],
  ].map(([pattern, applies]) => ({ pattern: new RegExp(pattern, "gi"), applies }))

  // A text is split only at the end of a note, so a note is still in one piece when its
  // sign is removed.
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

  // Tables of changes: mark the cell "Before" or "Now". If the last cell has more text
  // than a version, the change may be older than the version, so don't mark "Before".
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

  // Error messages: mark whether the release is among those that use this wording.
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

  // The stored release may no longer have a record. Then nothing is chosen.
  function showStored() {
    const release = stored() ?? ""
    choice.value = release
    if (choice.selectedIndex < 0) choice.value = ""
    show(choice.value)
  }

  if (choice) {
    choice.addEventListener("change", () => { store(choice.value); show(choice.value) })
    // The choice may change in another window, or before the reader comes back here.
    addEventListener("storage", event => { if (event.key === key) showStored() })
    addEventListener("pageshow", event => { if (event.persisted) showStored() })
    showStored()
  }
})()
