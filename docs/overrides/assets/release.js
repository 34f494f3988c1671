// "My torch is …": each block, and the matrix of releases, answers for the release that
// the reader has chosen in the header. What a block says on a release comes from
// render/answers.py.
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

  function show(release) {
    document.querySelectorAll(".for-release").forEach(made => made.remove())
    document.documentElement.classList.toggle("one-release", release !== "")
    document.querySelectorAll(".snippet-foot").forEach(foot => showAnswer(foot, release))
    markTables(release)
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
