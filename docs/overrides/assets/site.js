// The switch of language keeps the section: heading ids are the same in both.
document.querySelectorAll(".site-language").forEach(link => {
  const page = link.href
  link.addEventListener("click", () => { link.href = page + location.hash })
})

// Names for what a screen reader would list without one.
addEventListener("load", () => {
  const input = document.querySelector(".md-search__input")
  document.querySelector(".md-search")?.setAttribute("aria-label", input.placeholder)
  document.querySelectorAll(".md-code__nav").forEach(nav => {
    const title = nav.closest(".highlight")?.querySelector(".filename")
    nav.setAttribute("aria-label", title?.textContent ?? nav.closest("pre").id)
  })
})
