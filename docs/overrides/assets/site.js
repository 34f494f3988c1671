// The language links lead to the same section, because both languages use the same ids.
document.querySelectorAll(".site-language").forEach(link => {
  const page = link.href
  link.addEventListener("click", () => { link.href = page + location.hash })
})

// The copy button copies the file exactly. The theme would omit the final line break.
addEventListener("click", event => {
  const button = event.target.closest?.(".snippet button[data-md-type=copy]")
  if (button) {
    const code = button.closest(".snippet").querySelector("code")
    button.setAttribute("data-clipboard-text", code.textContent)
    button.removeAttribute("data-clipboard-target")
  }
}, true)

// Link file names to their blocks, and let them wrap after a slash, not within a word.
document.querySelectorAll(":is(.snippet, .snippet-part) .filename").forEach(name => {
  const link = document.createElement("a")
  const block = name.closest(".snippet, .snippet-part")
  link.innerHTML = name.textContent.replaceAll("/", "/<wbr>")
  link.href = "#" + (block.dataset.whole ?? block.id)
  name.replaceChildren(link)
})

// Copy the page as Markdown, for notes or an assistant.
document.querySelectorAll(".copy-page").forEach(button => {
  button.addEventListener("click", async () => {
    const page = await fetch(button.dataset.page)
    await navigator.clipboard.writeText(await page.text())
    button.textContent = button.dataset.done
  })
  button.hidden = !navigator.clipboard || location.protocol === "file:"
})

// The search button on the home page. Without this script, it opens a new page.
document.querySelector("#home ~ p a[href='?q=']")?.addEventListener("click", event => {
  event.preventDefault()
  document.querySelector(".md-search__input").focus()
})

// On a phone, stack the cells of a row, each with the name of its column, if the table
// is too wide or a cell too narrow. Tables with more than six columns scroll instead.
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

// Don't wrap short code in a sentence: its hyphens would look like hyphenation.
document.querySelectorAll(".md-typeset :is(p, li) > code, .md-typeset :is(p, li) > a > code").forEach(code => {
  if (code.textContent.length <= 20) code.classList.add("whole")
})

// Make code, tables and pictures focusable if they scroll, so that the arrow keys work.
// Wait one frame, because on touch screens the theme removes code from the tab order.
const watch = new ResizeObserver(entries => requestAnimationFrame(() => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0
    else target.removeAttribute("tabindex")
  }
}))
document.querySelectorAll("pre > code").forEach(code => watch.observe(code))
document.querySelectorAll(".md-typeset p > img").forEach(img => watch.observe(img.parentElement))

// In the search results, the tags of each entry would be a separate landmark.
const results = document.querySelector(".md-search-result__list")
if (results) new MutationObserver(() => {
  results.querySelectorAll("nav.md-tags").forEach(tags => { tags.role = "none" })
}).observe(results, { childList: true, subtree: true })

addEventListener("load", () => {
  const input = document.querySelector(".md-search__input")
  // Name elements that a screen reader would otherwise list without a name.
  document.querySelector(".md-search")?.setAttribute("aria-label", input.placeholder)
  document.querySelectorAll(".md-code__nav").forEach(nav => {
    const title = nav.closest(".highlight")?.querySelector(".filename")
    const name = title?.textContent ?? nav.closest("pre").id
    nav.role = "none" // A landmark per block would hide the landmarks of the page.
    for (const button of nav.children) button.setAttribute("aria-label", `${button.title}: ${name}`)
  })
  document.querySelectorAll(".snippet-foot .snippet-download").forEach(link => {
    link.setAttribute("aria-label", `${link.textContent} ${link.closest(".snippet").id}`)
  })
  // In the theme, Enter activates a focused label, but these labels can't get focus.
  const named = { __drawer: ".md-nav--primary", __search: ".md-search" }
  for (const [id, selector] of Object.entries(named)) {
    const button = document.querySelector(`.md-header__button[for=${id}]`)
    const opened = document.querySelector(selector)
    if (!button || !opened) continue
    button.tabIndex = 0
    button.title = opened.ariaLabel
  }
  // By now the theme has wrapped each table in a scroll container.
  document.querySelectorAll(".md-typeset__scrollwrap").forEach(box => watch.observe(box))
})
