// The switch of language keeps the section: heading ids are the same in both.
document.querySelectorAll(".site-language").forEach(link => {
  const page = link.href
  link.addEventListener("click", () => { link.href = page + location.hash })
})
