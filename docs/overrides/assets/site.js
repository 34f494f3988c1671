// The switch of language keeps the section: heading ids are the same in both.
document.querySelectorAll(".site-language").forEach(link => {
  const page = link.href
  link.addEventListener("click", () => { link.href = page + location.hash })
})

// The copy button gives the bytes of the file: the theme would drop the last line end.
addEventListener("click", event => {
  const button = event.target.closest?.(".snippet button[data-md-type=copy]")
  if (button) {
    const code = button.closest(".snippet").querySelector("code")
    button.setAttribute("data-clipboard-text", code.textContent)
    button.removeAttribute("data-clipboard-target")
  }
}, true)

// The name of a file leads to its block, and breaks after a slash, not within a word.
document.querySelectorAll(":is(.snippet, .snippet-part) .filename").forEach(name => {
  const link = document.createElement("a")
  const block = name.closest(".snippet, .snippet-part")
  link.innerHTML = name.textContent.replaceAll("/", "/<wbr>")
  link.href = "#" + (block.dataset.whole ?? block.id)
  name.replaceChildren(link)
})

// The page as Markdown, for a note or an assistant.
document.querySelectorAll(".copy-page").forEach(button => {
  button.addEventListener("click", async () => {
    const page = await fetch(button.dataset.page)
    await navigator.clipboard.writeText(await page.text())
    button.textContent = button.dataset.done
  })
  button.hidden = !navigator.clipboard || location.protocol === "file:"
})

// The home page's button to the search works without this script too, by a new page.
document.querySelector("#home ~ p a[href='?q=']")?.addEventListener("click", event => {
  event.preventDefault()
  document.querySelector(".md-search__input").focus()
})

// A table that is too wide for a phone, or so narrow that a sentence stands on it word
// below word, becomes rows: a cell below the other, each with the name of its column. The
// matrix of releases scrolls instead.
if (matchMedia("(max-width: 44.9844em)").matches) {
  document.querySelectorAll(".md-typeset table:not([class])").forEach(table => {
    const names = [...table.querySelectorAll("th")].map(head => head.textContent)
    const isWide = table.scrollWidth > table.parentElement.clientWidth
    const isTall = [...table.querySelectorAll("td")].some(cell => cell.offsetHeight > 130)
    if (!(isWide || isTall) || names.length > 6) return
    table.classList.add("as-rows")
    table.querySelectorAll("tr").forEach(row => {
      [...row.cells].forEach((cell, i) => { cell.dataset.column = names[i] })
    })
  })
}

// Nor does a short piece of code in a sentence, which would lose its dashes.
document.querySelectorAll(".md-typeset :is(p, li) > code, .md-typeset :is(p, li) > a > code").forEach(code => {
  if (code.textContent.length <= 20) code.classList.add("whole")
})

// What scrolls, be it code, a table or a picture, can be scrolled by keys. A frame later,
// because on a touch screen the theme takes code out of the order of keys.
const watch = new ResizeObserver(entries => requestAnimationFrame(() => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0
    else target.removeAttribute("tabindex")
  }
}))
document.querySelectorAll("pre > code").forEach(code => watch.observe(code))
document.querySelectorAll(".md-typeset p > img").forEach(img => watch.observe(img.parentElement))

// In a list of search results, each entry's tags would be a landmark of their own.
const results = document.querySelector(".md-search-result__list")
if (results) new MutationObserver(() => {
  results.querySelectorAll("nav.md-tags").forEach(tags => { tags.role = "none" })
}).observe(results, { childList: true, subtree: true })

addEventListener("load", () => {
  const input = document.querySelector(".md-search__input")
  // Names for what a screen reader would list without one.
  document.querySelector(".md-search")?.setAttribute("aria-label", input.placeholder)
  document.querySelectorAll(".md-code__nav").forEach(nav => {
    const title = nav.closest(".highlight")?.querySelector(".filename")
    const name = title?.textContent ?? nav.closest("pre").id
    nav.role = "none" // with a landmark for each block, the page's own would drown
    for (const button of nav.children) button.setAttribute("aria-label", `${button.title}: ${name}`)
  })
  document.querySelectorAll(".snippet-foot .snippet-download").forEach(link => {
    link.setAttribute("aria-label", `${link.textContent} ${link.closest(".snippet").id}`)
  })
  // The theme lets Enter press a label that has the focus, but gives it to none here.
  const named = { __drawer: ".md-nav--primary", __search: ".md-search" }
  for (const [id, selector] of Object.entries(named)) {
    const button = document.querySelector(`.md-header__button[for=${id}]`)
    const opened = document.querySelector(selector)
    if (!button || !opened) continue
    button.tabIndex = 0
    button.title = opened.ariaLabel
  }
  // The theme has put a box around each table by now.
  document.querySelectorAll(".md-typeset__scrollwrap").forEach(box => watch.observe(box))
})
