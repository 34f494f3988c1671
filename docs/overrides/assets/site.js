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

// The name of a file breaks after a slash, not within a word.
document.querySelectorAll(".snippet .filename").forEach(name => {
  name.innerHTML = name.textContent.replaceAll("/", "/<wbr>")
})

// Nor does a short piece of code in a sentence, which would lose its dashes.
document.querySelectorAll(".md-typeset :is(p, li) > code, .md-typeset :is(p, li) > a > code").forEach(code => {
  if (code.textContent.length <= 20) code.classList.add("whole")
})

addEventListener("load", () => {
  const input = document.querySelector(".md-search__input")
  // Names for what a screen reader would list without one.
  document.querySelector(".md-search")?.setAttribute("aria-label", input.placeholder)
  document.querySelectorAll(".md-code__nav").forEach(nav => {
    const title = nav.closest(".highlight")?.querySelector(".filename")
    nav.setAttribute("aria-label", title?.textContent ?? nav.closest("pre").id)
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
  // What scrolls, a table or a picture, can be scrolled by keys.
  const watch = new ResizeObserver(entries => entries.forEach(({ target }) => {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0
    else target.removeAttribute("tabindex")
  }))
  document.querySelectorAll(".md-typeset__scrollwrap").forEach(box => watch.observe(box))
  document.querySelectorAll(".md-typeset p > img").forEach(img => watch.observe(img.parentElement))
})
